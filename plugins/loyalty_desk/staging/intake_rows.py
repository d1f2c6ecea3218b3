"""What a record looks like as a staged row, given what is staged of it already. Pure.

`old` is the row that is staged, or None.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from loyalty_desk.card import cards
from loyalty_desk.card.emails import read_email
from loyalty_desk.plain_text import drop_unsafe
from loyalty_desk.records import Customer, EmailState, Member, MemberStatus, Outcome
from loyalty_desk.staging.row_types import CustomerRow, MemberRow

# Plain texts, because both drivers are slower with an enum.
_MISSING, _ERASED = EmailState.MISSING.value, EmailState.ERASED.value
_STATE_TEXT = {state: state.value for state in EmailState}
_STATUS_TEXT = {status: status.value for status in MemberStatus}
_UNREADABLE = "unreadable"
"""Stands for the fingerprint of something that cannot be a card of ours."""
_LINE_BREAKS = dict.fromkeys(map(ord, "\t\n\r"))
_ESCAPED_CONTROLS = ("\\u00", "\\b", "\\f")
"""As JSON writes them."""


def member_row(store: str, member: Member, old: MemberRow | None, asked_at_utc: str) -> MemberRow:
    """The row of `members` for a record and what is staged of it."""
    status = _STATUS_TEXT[member.status]
    if status == "erased":
        return _erased_row(store, member.member_id, asked_at_utc)
    cleared = member.cleared
    email, key, email_state = _known_email(member.email, None if "email" in cleared else old)
    phone, external_id = _clean(member.phone), _clean(member.external_id)
    if old is not None:
        if phone is None and "phone" not in cleared:
            phone = old.phone
        if external_id is None and "external_id" not in cleared:
            external_id = old.external_id
    points, card, fingerprint = _merged_card(member, old)
    return MemberRow(  # by place, as names take three times as long
        store,
        member.member_id,
        email,
        key,
        email_state,
        status,
        phone,
        external_id,
        points,
        member.tier_rank,
        card,
        fingerprint,
        asked_at_utc,
        None,
    )


def _known_email(raw: str | None, old: MemberRow | None) -> tuple[str | None, str | None, str]:
    """E-mail, its key and state; those known before when the platform tells none."""
    email = _clean(raw)
    if old is not None and (email is None or email == old.email):
        return old.email, old.email_key, old.email_state
    key, state = read_email(email)
    if old is not None and state is EmailState.MISSING:
        return old.email, old.email_key, old.email_state
    return email, key, _STATE_TEXT[state]


def _merged_card(member: Member, old: MemberRow | None) -> tuple[int | None, str, str]:
    """Points, card as JSON and fingerprint, of what is told now over what was known."""
    told: Mapping[str, Any] = member.card
    if None in told.values():
        told = cards.known(told)
    card = cards.member_card(member.member_id, member.status, told)
    text = _card_text(card)
    if old is not None and text != old.card:
        before = orjson.loads(old.card)
        for key in member.cleared:
            before.pop(key, None)
        card = cards.member_card(member.member_id, member.status, {**before, **told})
        text = _card_text(card)
    if old is not None and text == old.card:
        return old.points_balance, text, old.card_fingerprint
    points = card.get("points_balance")
    return (
        points if type(points) is int else None,
        text,
        cards.fingerprint_of_json(text),
    )


def _erased_row(store: str, member_id: str, asked_at_utc: str) -> MemberRow:
    """All that may be kept of an erased member: that there was one."""
    text = cards.card_json(cards.absent_card(Outcome.ERASED))
    return MemberRow(
        store=store,
        member_id=member_id,
        email=None,
        email_key=None,
        email_state=_MISSING,
        status="erased",
        phone=None,
        external_id=None,
        points_balance=None,
        tier_rank=0,
        card=text,
        card_fingerprint=cards.fingerprint_of_json(text),
        changed_at_utc=asked_at_utc,
        gone_at_utc=None,
    )


def customer_row(
    store: str, customer: Customer, old: CustomerRow | None, card_key: str, now_utc: str
) -> CustomerRow:
    """The row of `customers` for a record and what is staged of it."""
    email = _clean(customer.email)
    if old is not None and email == old.email and old.email_state != _ERASED:
        key, email_state = old.email_key, old.email_state
    else:
        key, state = read_email(email)
        email_state = _STATE_TEXT[state]
    if customer.has_erased_address:
        email_state = _ERASED
    other_data, shown, read_at_utc = None, None, now_utc
    if customer.data is not None:
        other_data, shown = _split_data(customer.data, card_key)
    elif old is not None:  # the answer did not tell, so what was read earlier stays, and when
        other_data, shown, read_at_utc = old.other_data, old.shown_fingerprint, old.read_at_utc
    channels_read_at_utc = None if old is None else old.channels_read_at_utc
    field_ids = None
    if customer.field_ids is not None:
        field_ids = orjson.dumps(sorted(customer.field_ids)).decode()
    elif customer.data is None and old is not None:  # as old as `read_at_utc` says
        field_ids = old.field_ids
    return CustomerRow(
        store,
        customer.customer_id,
        email,
        key,
        email_state,
        _clean(customer.name),
        _clean(customer.external_id),
        other_data,
        shown,
        customer.updated_at_utc,
        read_at_utc,
        channels_read_at_utc if customer.channels is None else now_utc,
        None,
        field_ids,
        customer.language,
    )


def _split_data(data: Mapping[str, Any], card_key: str) -> tuple[str | None, str]:
    """Other tools' part of a customer's data as JSON (or None), and our card's fingerprint."""
    shown = cards.NO_CARD
    others = data
    if card_key in data:
        try:
            shown = cards.shown_fingerprint(data[card_key])
        except TypeError:  # a number or a text that no card of ours can hold
            shown = _UNREADABLE
        others = {key: value for key, value in data.items() if key != card_key}
    if not others:
        return None, shown
    try:
        return orjson.dumps(others, option=orjson.OPT_SORT_KEYS).decode(), shown
    except TypeError:  # the same, but it is theirs, so it must survive
        return json.dumps(others, sort_keys=True), shown


def channel_keys(customer: Customer) -> set[str]:
    keys = {read_email(address)[0] for address in customer.channels or ()}
    return {key for key in keys - {read_email(customer.email)[0]} if key is not None}


def _clean(text: str | None) -> str | None:
    """Drop what PostgreSQL or UTF-8 cannot hold, what turns text around, and every control."""
    if text is None or text.isprintable():
        return text
    return drop_unsafe(text).translate(_LINE_BREAKS)


def _card_text(card: Mapping[str, Any]) -> str:
    try:
        text = cards.card_json(card)
    except TypeError:
        text = ""
    if text and not _may_be_unsafe(text):
        return text
    return cards.card_json(orjson.loads(json.dumps(_cleaned(card))))


def _may_be_unsafe(text: str) -> bool:
    """Whether a card's JSON may hold what `_clean` drops; a yes too many costs time alone."""
    if "\\" in text and any(escape in text for escape in _ESCAPED_CONTROLS):
        return True
    return "\x7f" in text if text.isascii() else drop_unsafe(text) != text


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, Mapping):
        return {_clean(str(key)): _cleaned(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_cleaned(item) for item in value]
    return value
