"""What each platform tells of what was booked, from the notes on its API.

A booking is as the programme has it: signed points, credits in a text, a source, what it is for, an
order's id and number, and times in microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

Booking = Mapping[str, Any]
Line = dict[str, Any]


def rivo(booked: Booking) -> Line | None:
    """A ledger row has no order; what is hidden is to be dropped, a reversal is marked."""
    if booked["hidden"]:
        return None
    kinds = {"manual": "by_hand", "points_purchase": "reward", "order_placed": "order"}
    return {
        "kind": kinds.get(booked["source"], "other"),
        "points": booked["points"],
        "credits": booked["credits"].rstrip("0").rstrip(".") if float(booked["credits"]) else None,
        "title": booked["title"] or None,
        "note": booked["external_note"],
        "staff_note": booked["internal_note"],
        "is_revoked": booked["revoked"],
    }


def smile(booked: Booking) -> Line | None:
    """Points, a description that the customer sees, and a note for staff: that is all."""
    if not booked["points"] or booked["revoked"] or booked["hidden"]:
        return None
    return {
        "kind": "other",
        "points": booked["points"],
        "title": booked["external_note"] or booked["title"] or None,
        "staff_note": booked["internal_note"],
    }


def loyaltylion(booked: Booking) -> Line | None:
    """Approved and pending points apart; one object says what it is about."""
    if not booked["points"] or booked["revoked"] or booked["hidden"]:
        return None
    waits = booked["pending"]
    about = {"order_placed": "order", "points_purchase": "reward", "expiry": "expiry"}
    kind = about.get(booked["source"], "by_hand")
    if kind == "order" and not booked["order"]:
        kind = "other"
    is_titled = kind in {"order", "other", "reward"}
    return {
        "kind": kind,
        "points": 0 if waits else booked["points"],
        "pending": booked["points"] if waits else 0,
        "title": booked["title"] if is_titled else None,
        "note": booked["external_note"] if kind == "by_hand" else None,
        "order": booked["order"][1] if kind == "order" else None,
        "orders": _orders(*booked["order"]) if kind == "order" else set(),
    }


def trifft(booked: Booking) -> Line | None:
    """A transaction under the id that who recorded it gave; by our table, as nothing is sure."""
    if not booked["points"]:
        return None
    own_id = booked["foreign_id"] or (booked["order"] or (0, ""))[1].lstrip("#") or None
    return {
        "kind": "other",
        "points": 0 if booked["pending"] else booked["points"],
        "pending": booked["points"] if booked["pending"] else 0,
        "note": booked["external_note"],
        "staff_note": own_id,
        "order": own_id,
        "orders": _orders(own_id),
        "is_revoked": booked["revoked"] or booked["hidden"],
        "at": _second(booked["applied_us"]),
    }


def trifft_otherwise(booked: Booking) -> Line | None:
    """An account that says as well on which day points are credited."""
    line = trifft(booked)
    if line is not None and booked["pending"] and booked["due_us"]:
        day = datetime.fromtimestamp(booked["due_us"] / 1e6, UTC)
        line["pending_until"] = f"{day:%Y-%m-%d}"
    return line


TOLD: Mapping[str, Callable[[Booking], Line | None]] = {
    "rivo": rivo,
    "smile": smile,
    "loyaltylion": loyaltylion,
    "trifft": trifft,
    "trifft-otherwise": trifft_otherwise,
}
NOTHING: Line = {
    "points": 0,
    "pending": 0,
    "pending_until": None,
    "credits": None,
    "title": None,
    "note": None,
    "staff_note": None,
    "order": None,
    "orders": set(),
    "is_revoked": False,
}


def lines(account: str, booked: Iterable[Booking]) -> dict[str, Line]:
    """What an account's platform tells, by the id of each booking."""
    found = {}
    for one in booked:
        line = TOLD[account](one)
        if line is not None:
            found[str(one["id"])] = NOTHING | {"at": _milli(one["applied_us"])} | line
    return found


def _orders(*numbers: Any) -> set[str]:
    return {str(number).lower().lstrip("#") for number in numbers if number}


def _milli(moment_us: int) -> datetime:
    return datetime.fromtimestamp(moment_us // 1000 / 1000, UTC)


def _second(moment_us: int) -> datetime:
    return datetime.fromtimestamp(moment_us // 1_000_000, UTC)


KINDS_TOLD: dict[str, set[str]] = {
    "rivo": {"earned", "redeemed", "adjusted", "added", "taken"},
    "trifft": set(),
    "smile": {"added", "taken"},
    "loyaltylion": {"earned", "redeemed", "expired", "adjusted"},
}
"""What the list of a whole shop tells apart. How Rivo calls an expiry was seen nowhere, Smile does
not say what a row is, and TRIFFT has no such list."""
_EARNED = {
    *("order_placed", "custom_action", "referral_complete", "visit_url", "instagram_follow"),
    *("tiktok_follow", "facebook_like", "facebook_share", "twitter_follow", "twitter_share"),
}


def entries_of_shop(name: str, booked: Iterable[Booking]) -> dict[str, tuple[str, int, str]]:
    """The kind, the points and whose it is, of what moved balances, by the booking's id."""
    return {
        str(one["id"]): (_kind(name, one), _moved(name, one), str(one["member_id"]))
        for one in booked
        if name == "rivo" or _moved(name, one) or one["pending"]
    }


def _moved(name: str, booked: Booking) -> int:
    is_gone = booked["revoked"] or booked["hidden"]
    points: int = booked["points"]
    return 0 if is_gone or (name == "loyaltylion" and booked["pending"]) else points


def _kind(name: str, booked: Booking) -> str:
    source, sign = booked["source"], "added" if booked["points"] > 0 else "taken"
    if name == "smile":
        return sign
    if name == "loyaltylion":
        kinds = {"order_placed": "earned", "points_purchase": "redeemed", "expiry": "expired"}
        return kinds.get(source, "adjusted")
    if source in _EARNED:
        return "earned"
    return {"manual": "adjusted", "points_purchase": "redeemed"}.get(source, sign)
