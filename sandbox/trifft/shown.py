"""Members and transactions as TRIFFT's answers carry them, under either style of names."""

from typing import Any

from sandbox.clock import DAY_US, from_us
from sandbox.programme.ledger import Entry
from sandbox.programme.member_rows import TIERS, member_id_of
from sandbox.programme.programme import Programme

ID_PREFIX = "mem-"
SEGMENTS = ("Registered in last 7 days", "Without Transaction", "Newsletter")
# Every name of a field that differs between the styles.
OTHER_NAMES = {
    "id": "member_id",
    "email": "email_address",
    "firstName": "first_name",
    "lastName": "last_name",
    "points": "wallet_points",
    "pendingPoints": "wallet_pending",
    "tier": "level",
    "status": "state",
    "supportId": "support_id",
    "referralCode": "referral_id",
    "referralUrl": "referral_link",
    "birthDate": "born_on",
    "segments": "member_segments",
    "coupons": "user_coupons",
    "favouriteVenue": "favourite_location",
}


def trifft_id_of(row: int) -> str:
    """Return TRIFFT's id of a row, a text."""
    return f"{ID_PREFIX}{row:06x}"


def find_row_of(member_id: str) -> int | None:
    """Return the row of an id, None when the id cannot be one."""
    prefix, digits = member_id[: len(ID_PREFIX)], member_id[len(ID_PREFIX) :]
    try:
        row = int(digits, 16)
    except ValueError:
        return None
    return row if prefix == ID_PREFIX and trifft_id_of(row) == member_id else None


def show_member(programme: Programme, row: int, style: str) -> dict[str, Any]:
    """Return a member. Money is in cents; what a merchant adds is under `params`."""
    held = programme.members.fields(row)
    tier = next((tier for tier in TIERS if tier[0] == held["tier_id"]), None)
    pending = [entry.points for entry in programme.ledger.new_of_member(row) if entry.pending]
    shown = {
        "id": trifft_id_of(row),
        "email": held["email"],
        "firstName": held["first_name"],
        "lastName": held["last_name"],
        "points": held["points_tally"],
        "pendingPoints": sum(pending),
        "tier": None if tier is None else {"name": tier[1], "threshold": tier[2]},
        "status": held["status"],
        "supportId": f"S{row:06d}",
        "referralCode": held["referral_code"],
        "referralUrl": held["referral_url"],
        "birthDate": f"1990-{held['dob']}" if held["dob"] else None,
        "segments": _segments(row),
        "coupons": _coupons(programme, row),
        "favouriteVenue": {"name": "Lakeside Store"} if row % 4 == 0 else None,
        "params": {"shop_id": str(member_id_of(row))},
    }
    if style != "plain":
        shown = {OTHER_NAMES.get(name, name): value for name, value in shown.items()}
    return programme.members.answered.apply("trifft", row, shown)


def _segments(row: int) -> list[dict[str, Any]]:
    places = [place for place, every in enumerate((23, 17, 2)) if row % every == 0]
    return [{"id": place + 1, "name": SEGMENTS[place]} for place in places]


def _coupons(programme: Programme, row: int) -> list[dict[str, Any]]:
    if row % 5:
        return []
    expires = from_us(programme.ground.clock.base_us + (20 + row % 60) * DAY_US).date().isoformat()
    return [
        {
            "id": 9,
            "userCouponId": 90_000 + row,
            "name": "5 off",
            "value": 500,
            "code": f"FIVE{row:05d}",
            "expiresAt": expires,
        }
    ]


def show_entry(entry: Entry, style: str) -> dict[str, Any]:
    """Return a transaction."""
    names = ("id", "transactionId", "state", "cancelled", "points", "time", "note", "creditOn")
    if style != "plain":
        names = (
            *("uid", "external_id", "wallet_state", "voided", "forced_points", "ts", "remark"),
            "credited_on",
        )
    values = (
        entry.id,
        entry.foreign_id or (entry.order[1].lstrip("#") if entry.order else None),
        "pending" if entry.pending else "credited",
        entry.revoked_us is not None or entry.hidden,
        entry.points,
        entry.applied_us // 1_000_000,
        entry.external_note,
        from_us(entry.due_us).date().isoformat() if entry.pending and entry.due_us else None,
    )
    return dict(zip(names, values, strict=True))
