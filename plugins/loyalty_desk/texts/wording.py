"""All that is said on a card in one language. No I/O."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from hashlib import blake2b
from typing import Any, TypeAlias

import orjson
from babel import Locale
from babel.numbers import format_currency, format_decimal

from loyalty_desk.card.texts import BEING_CHECKED, LAST_AWARD, Booked, read_booked
from loyalty_desk.classes import CARD_CLASSES
from loyalty_desk.records import Outcome, Unit
from loyalty_desk.texts.days import day_text
from loyalty_desk.texts.files import DAY, DAY_FIRST, OTHER, POINT, TIERS, LanguageTexts
from loyalty_desk.texts.sentences import FAULTS, fill

log = logging.getLogger(__name__)

Asked: TypeAlias = tuple[str, dict[str, str]]
"""The key of a sentence, with the values that are filled in."""
_BALANCE, _TIER, _REFERRAL = "balance_text", "tier_text", "referral_text"


@dataclass(frozen=True)
class Wording:
    """The texts of one language as one store says them; the same for the same texts."""

    texts: LanguageTexts
    currency: str | None = None
    """Of store credit, where it is said as money; else it is a number."""
    fallback: Wording | None = field(default=None, compare=False)
    """What is said in place of a text that fails, in a language that does not ship."""

    @cached_property
    def version(self) -> str:
        """Differs when what is said may differ."""
        content = [self.texts.language, dict(self.texts.said), self.currency]
        text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
        return f"{self.texts.language}-{blake2b(text, digest_size=8).hexdigest()}"

    def shown(self, card: Mapping[str, Any]) -> dict[str, Any]:
        """The card as it is shown: with each sentence, for members and everybody else alike."""
        return {**card, **self.sentences(card)}

    def sentences(self, card: Mapping[str, Any]) -> dict[str, str]:
        """What is said of a card. Unknown is said to be unknown, never zero or none.

        Only the sentence about an award may be empty: then nothing is said of one.
        """
        asked = self.asked(card)
        if not card.get("member"):
            return {**dict.fromkeys(asked, self._say(*asked[_BALANCE])), LAST_AWARD: ""}
        said = {name: self._say(*one) for name, one in asked.items()}
        return said if LAST_AWARD in said else {**said, LAST_AWARD: card.get(LAST_AWARD) or ""}

    def asked(self, card: Mapping[str, Any]) -> dict[str, Asked]:
        """Which sentences are said of a card; none about an award that files have no words for."""
        if not card.get("member"):
            status = card.get("status")
            outcome = next((one for one in CARD_CLASSES if one == status), None)
            nobody: Asked = (f"nobody.{outcome or Outcome.CUSTOMER_NOT_FOUND}", {})
            return dict.fromkeys((_BALANCE, _TIER, _REFERRAL), nobody)
        award = self._last_award(card.get(LAST_AWARD) or "")
        return {
            _BALANCE: self._balance(card),
            _TIER: self._tier(card),
            _REFERRAL: self._referral(card),
            **({LAST_AWARD: award} if award else {}),
        }

    def points(self, number: int) -> str:
        """So many points, in words of the store: "1 point", "1,840 points"."""
        form = f"{POINT}.{self._locale.plural_form(number)}"
        name = self.texts.said.get(form, self.texts.said[OTHER])
        return f"{_grouped(number, self.texts.language)} {name}"

    def credits(self, amount: str, *, grouped: bool = False) -> str:
        """Store credit, as money where the store says so; it comes as a decimal in a text."""
        try:
            number = Decimal(amount)
        except InvalidOperation:
            return amount
        if self.currency:
            return format_currency(number, self.currency, locale=self._locale)
        exponent = number.as_tuple().exponent
        digits = -exponent if isinstance(exponent, int) and exponent < 0 else 0
        pattern = ("#,##0" if grouped else "0") + (f".{'0' * digits}" if digits else "")
        return format_decimal(number, pattern, self._locale)

    @cached_property
    def _locale(self) -> Locale:
        return Locale(self.texts.language)

    def _balance(self, card: Mapping[str, Any]) -> Asked:
        points, credits_text = card.get("points_balance"), card.get("credits_balance")
        known = {}
        if isinstance(points, int):
            known["points"] = self.points(points)
        if credits_text is not None and str(credits_text) != "0":
            known["credits"] = self.credits(str(credits_text))
        key = "both" if len(known) > 1 else next(iter(known), "unknown")
        return f"balance.{key}", known

    def _tier(self, card: Mapping[str, Any]) -> Asked:
        tier, following = card.get("tier"), card.get("next_tier")
        if tier is None:
            return "tier.unknown", {}
        if not following:
            return "tier.only", {"tier": self._label(tier)}
        named = {"tier": self._label(tier), "next_tier": self._label(following)}
        missing = card.get("points_to_next_tier")
        if not isinstance(missing, int):
            return "tier.next", named
        return "tier.away", {**named, "points": self.points(missing)}

    def _label(self, tier: Any) -> str:
        return self.texts.said.get(f"{TIERS}.{tier}", str(tier))

    def _referral(self, card: Mapping[str, Any]) -> Asked:
        url = card.get("referral_url")
        return ("referral.unknown", {}) if url is None else ("referral.link", {"url": url})

    def _last_award(self, staged: str) -> Asked | None:
        if staged == BEING_CHECKED:
            return "award.being_checked", {}
        booked = read_booked(staged)
        if booked is None:
            return None
        given, taken = ("given_back", "taken_back") if booked.takes_back else ("added", "taken")
        key = f"award.{booked.unit}_{given if booked.amount > 0 else taken}"
        return key, {"day": self._day(booked), **self._amount(booked)}

    def _amount(self, booked: Booked) -> dict[str, str]:
        size = abs(booked.amount)
        if booked.unit is Unit.POINTS:
            return {"points": self.points(size)}
        return {"credits": self.credits(f"{size // 100}.{size % 100:02}", grouped=True)}

    def _day(self, booked: Booked) -> str:
        said = self.texts.said
        pattern = said.get(DAY_FIRST, said[DAY]) if booked.day == 1 else said[DAY]
        return day_text(booked.month, booked.day, pattern, self._locale)

    def _say(self, key: str, values: Mapping[str, str]) -> str:
        """The store's own text; the one that ships where that fails for these values."""
        try:
            return fill(self.texts.said[key], values)
        except FAULTS as error:
            language, why = self.texts.language, type(error).__name__
            log.warning("text %s of %s is not used (%s)", key, language, why)
        if key in self.texts.shipped:
            return fill(self.texts.shipped[key], values)
        if self.fallback is None:
            raise LookupError(f"no text {key} of {language!r} can be said")
        return self.fallback._say(key, values)


@lru_cache(maxsize=10_000)
def _grouped(number: int, language: str) -> str:
    return format_decimal(number, locale=language)
