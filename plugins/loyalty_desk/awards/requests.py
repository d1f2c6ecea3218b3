"""What a person asks for: read and checked, whichever door it came through. No I/O, no clock."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.records import Unit
from loyalty_desk.settings import AwardSettings
from loyalty_desk.sync.emails import read_email

FIELDS: Final = (
    "email",
    "member_id",
    "amount",
    "unit",
    "reason",
    "note",
    "message",
    "agent",
    "ticket_id",
    "idempotency_key",
)
MOST_CHARACTERS: Final = {"note": 500, "message": 500, "agent": 256, "idempotency_key": 256}
MEMBER_ID: Final = re.compile(r"(?!0\d*\Z)[\w.:-]{1,64}", re.ASCII)  # 07 would be a second 7
TICKET_ID: Final = re.compile(r"[1-9][0-9]{0,17}")
AMOUNT: Final = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,2})?")
MARK: Final = re.compile(r"\bld:", re.IGNORECASE)
PROSE: Final = frozenset({"note", "message"})
# Lines, the no-break spaces of French and the joiners of emoji and Persian: people write them, and
# `isprintable` would refuse them.
IN_PROSE: Final = str.maketrans("", "", "\n\t\u00a0\u202f\u200c\u200d")


class AwardFieldsError(LoyaltyDeskError):
    """Fields of a request are missing or wrong. `problems` has a reason a field, and no value."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in problems.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardRequest:
    """One award as asked for. `amount` is signed; `email` (its key) or `member_id` is set."""

    email: str | None
    member_id: str | None
    amount: Decimal
    unit: Unit
    reason: str
    note: str | None
    message: str | None
    agent: str
    ticket_id: int | None
    idempotency_key: str | None

    def content_hash(self) -> str:
        """Equal exactly when two requests ask for the same."""
        content = [
            *(self.email, self.member_id, str(self.amount), self.unit, self.reason),
            *(self.note, self.message, self.agent, self.ticket_id),
        ]
        return hashlib.blake2b(json.dumps(content).encode(), digest_size=16).hexdigest()


def read_request(fields: Mapping[str, Any], settings: AwardSettings) -> AwardRequest:
    """Read one request from a form, a JSON object or a row of a file.

    Raises:
        AwardFieldsError: with every field that is wrong, not only the first.
    """
    return _Reader(fields, settings).read()


class _Reader:
    """Reads field by field and keeps what is wrong with each."""

    def __init__(self, fields: Mapping[str, Any], settings: AwardSettings) -> None:
        self._fields, self._settings = fields, settings
        self._problems: dict[str, str] = {}

    def read(self) -> AwardRequest:
        if set(self._fields) - set(FIELDS):  # not named: it may be anything, an e-mail too
            self._problems["(other)"] = f"no such field; there are {', '.join(FIELDS)}"
        unit = self._unit()
        amount = self._amount(unit)
        email, member_id = self._who()
        ticket = self._text("ticket_id")
        if ticket is not None and not TICKET_ID.fullmatch(ticket):
            self._problems["ticket_id"] = "must be the ticket's number in Gorgias"
        agent = self._text("agent")
        if agent is None:
            self._problems.setdefault("agent", "is missing: say who awards")
        reason = self._reason()
        note, message, key = (self._text(f) for f in ("note", "message", "idempotency_key"))
        if note and MARK.search(note):
            self._problems["note"] = "must not hold `ld:`, by which awards are found again"
        if self._problems or amount is None or unit is None or agent is None or reason is None:
            raise AwardFieldsError(self._problems)
        return AwardRequest(
            email=email,
            member_id=member_id,
            amount=amount,
            unit=unit,
            reason=reason,
            note=note,
            message=message,
            agent=agent,
            ticket_id=None if ticket is None else int(ticket),
            idempotency_key=key,
        )

    def _text(self, field: str) -> str | None:
        """The field's text without spaces around it; None when it is absent or empty."""
        value = self._fields.get(field)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None:
            return None
        if not isinstance(value, str):
            self._problems[field] = "must be text"
            return None
        text = value.replace("\r\n", "\n").strip()
        shown = text.translate(IN_PROSE) if field in PROSE else text
        if not shown.isprintable():
            self._problems[field] = "holds a character that cannot be shown"
        elif len(text) > (most := MOST_CHARACTERS.get(field, 320)):
            self._problems[field] = f"is longer than {most} characters"
        else:
            return text or None
        return None

    def _who(self) -> tuple[str | None, str | None]:
        email, member_id = self._text("email"), self._text("member_id")
        if (email is None) == (member_id is None):
            if not {"email", "member_id"} & set(self._problems):
                self._problems["email"] = "give either email or member_id"
        elif email is not None and (key := read_email(email)[0]) is None:
            self._problems["email"] = "is not an e-mail address"
        elif email is not None:
            email = key
        elif member_id is not None and not MEMBER_ID.fullmatch(member_id):
            self._problems["member_id"] = "is not the id of a member"
        return email, member_id

    def _unit(self) -> Unit | None:
        text = self._text("unit") or Unit.POINTS.value
        try:
            return Unit(text)
        except ValueError:
            self._problems["unit"] = f"must be one of {', '.join(Unit)}"
            return None

    def _amount(self, unit: Unit | None) -> Decimal | None:
        value = self._fields.get("amount")
        text = str(value).strip() if isinstance(value, int | float | str) else ""
        if isinstance(value, bool) or not AMOUNT.fullmatch(text):
            self._problems["amount"] = "must be a number such as 50 or -12.50"
            return None
        amount = Decimal(text)
        if amount == 0:
            self._problems["amount"] = "must not be 0"
        elif amount < 0 and not self._settings.allow_negative:
            self._problems["amount"] = "must be above 0: this store takes nothing away by hand"
        elif unit == Unit.POINTS and amount != amount.to_integral_value():
            self._problems["amount"] = "must be whole: points have no decimals"
        # One spelling for one amount: 5 and 5.00 credits are the same request.
        return amount.quantize(Decimal(1) if unit == Unit.POINTS else Decimal("0.01"))

    def _reason(self) -> str | None:
        reason = self._text("reason")
        if reason not in self._settings.reasons:
            self._problems["reason"] = f"must be one of {', '.join(self._settings.reasons)}"
            return None
        return reason
