"""What a person asks for: read and checked, however it came in. No I/O, no clock."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from loyalty_desk.card.emails import read_email
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.plain_text import clean_name, clean_prose, visible
from loyalty_desk.records import Unit
from loyalty_desk.settings.award_settings import AwardSettings
from loyalty_desk.spreadsheets import MADE_A_NUMBER, is_spoiled

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
MARKER: Final = re.compile(r"\bld:", re.IGNORECASE)
OWN_KEY: Final = "incident:"
"""How the keys of incidents begin: an award under one of these would be in the way of all."""
PROSE: Final = frozenset({"note", "message"})
NAMES: Final = frozenset({"email", "member_id", "agent", "ticket_id"})


class AwardFieldsError(LoyaltyDeskError):
    """Fields of a request are missing or wrong. `problems` has a reason a field, and no value."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in problems.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardRequest:
    """One award as asked for. `amount` is signed; `email` (its key) or `member_id` is set.

    `agent` is in the one spelling that `agent_key` gives it, as limits go by who awards.
    """

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


def agent_key(name: str) -> str:
    """The one spelling of a person's name or address, whatever its case, spaces and marks."""
    return " ".join(unicodedata.normalize("NFKC", visible(name)).casefold().split())


def read_request(
    fields: Mapping[str, Any],
    settings: AwardSettings,
    units: Collection[Unit] = tuple(Unit),
) -> AwardRequest:
    """Read one request from a form, a JSON object or a row of a file; `units` can be awarded.

    Raises:
        AwardFieldsError: with every field that is wrong, not only the first.
    """
    reader = FieldReader(fields)
    unit = _read_unit(reader, units)
    amount = _read_amount(reader, unit, settings)
    email, member_id = _read_who(reader)
    ticket = reader.id_text("ticket_id")
    if ticket is not None and not TICKET_ID.fullmatch(ticket):
        reader.problem("ticket_id", "must be the ticket's number in Gorgias")
    agent, reason, note = reader.agent(), _read_reason(reader, settings), reader.note()
    message, key = reader.text("message"), reader.text("idempotency_key")
    if key is not None and key.startswith(OWN_KEY):
        reader.problem("idempotency_key", f"must not begin with `{OWN_KEY}`, as keys of ours do")
    if reader.problems or amount is None or unit is None or agent is None or reason is None:
        raise AwardFieldsError(reader.problems)
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


class FieldReader:
    """Reads field by field and keeps what is wrong with each."""

    def __init__(self, fields: Mapping[str, Any], known: Sequence[str] = FIELDS) -> None:
        self._fields = fields
        self.problems: dict[str, str] = {}
        if set(fields) - set(known):  # not named: it may be anything, an e-mail too
            self.problems["(other)"] = f"no such field; there are {', '.join(known)}"

    def problem(self, field: str, reason: str) -> None:
        """Note what is wrong with a field, unless something was before."""
        self.problems.setdefault(field, reason)

    def has_problem(self, *fields: str) -> bool:
        return not self.problems.keys().isdisjoint(fields)

    def value(self, field: str) -> Any:
        return self._fields.get(field)

    def text(self, field: str) -> str | None:
        """The field's text without spaces around it; None when it is absent or empty."""
        value = self._fields.get(field)
        if isinstance(value, int) and not isinstance(value, bool):
            value = _digits(value)
        if value is None:
            return None
        if not isinstance(value, str):
            self.problem(field, "must be text")
            return None
        text = _read_text(field, value)
        if text is None:
            self.problem(field, "holds a character that cannot be shown")
        elif len(text) > (most := MOST_CHARACTERS.get(field, 320)):
            self.problem(field, f"is longer than {most} characters")
        else:
            return text or None
        return None

    def id_text(self, field: str) -> str | None:
        """The text of an id; one that a spreadsheet spoiled is refused, not guessed at."""
        text = self.text(field)
        if text and is_spoiled(text):
            self.problem(field, MADE_A_NUMBER)
        return text

    def agent(self) -> str | None:
        name = self.text("agent")
        if name is None:
            self.problem("agent", "is missing: say who awards")
            return None
        return agent_key(name)

    def note(self) -> str | None:
        note = self.text("note")
        if note and MARKER.search(visible(note)):
            self.problem("note", "must not hold `ld:`, by which awards are found again")
        return note


def _read_text(field: str, value: str) -> str | None:
    """The field's text as people write it; None when it holds what cannot be shown."""
    if field in PROSE:
        return clean_prose(value.replace("\r\n", "\n"), lines=True)
    if field in NAMES:
        return clean_name(value)
    if field == "idempotency_key":  # a machine made it, so it is taken as it is or not at all
        return value.strip() if value.strip().isprintable() else None
    return clean_prose(value)


def _digits(number: int) -> str:
    """The number as text; Python refuses to spell out very long ones."""
    return str(number) if abs(number) < 10**40 else "longer than any"


def _read_who(reader: FieldReader) -> tuple[str | None, str | None]:
    """The e-mail's key or the member's id."""
    email, member_id = reader.text("email"), reader.id_text("member_id")
    if (email is None) == (member_id is None):
        if not reader.has_problem("email", "member_id"):
            reader.problem("email", "give either email or member_id")
    elif email is not None and (key := read_email(email)[0]) is None:
        reader.problem("email", "is not an e-mail address")
    elif email is not None:
        email = key
    elif member_id is not None and not MEMBER_ID.fullmatch(member_id):
        reader.problem("member_id", "is not the id of a member")
    return email, member_id


def _read_unit(reader: FieldReader, units: Collection[Unit]) -> Unit | None:
    text = reader.text("unit") or Unit.POINTS.value
    if text in units:
        return Unit(text)
    reader.problem("unit", f"must be one of {', '.join(unit for unit in Unit if unit in units)}")
    return None


def _read_amount(reader: FieldReader, unit: Unit | None, settings: AwardSettings) -> Decimal | None:
    value = reader.value("amount")
    if isinstance(value, int) and not isinstance(value, bool):
        value = _digits(value)
    text = str(value).strip() if isinstance(value, float | str) else ""
    if not AMOUNT.fullmatch(text):
        reader.problem("amount", "must be a number such as 50 or -12.50")
        return None
    amount = Decimal(text)
    if amount == 0:
        reader.problem("amount", "must not be 0")
    elif amount < 0 and not settings.allow_negative:
        reader.problem("amount", "must be above 0: this store takes nothing away by hand")
    elif unit == Unit.POINTS and amount != amount.to_integral_value():
        reader.problem("amount", "must be whole: points have no decimals")
    # One spelling for one amount: 5 and 5.00 credits are the same request.
    return amount.quantize(Decimal(1) if unit == Unit.POINTS else Decimal("0.01"))


def _read_reason(reader: FieldReader, settings: AwardSettings) -> str | None:
    reason = reader.text("reason")
    if reason not in settings.reasons:
        reader.problem("reason", f"must be one of {', '.join(settings.reasons)}")
        return None
    return reason
