"""What reading members and entries has in common on every platform."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from loyalty_desk.platforms.base import MemberPage
from loyalty_desk.reading import BadFieldError, kind, read_decimal
from loyalty_desk.records import Member, Rejected

HIGHEST_RANK = 2**31 - 1


def read_rows(
    rows: Iterable[Any], read: Callable[[Any], Member], id_field: str = "id"
) -> MemberPage:
    """Read the rows of a page; one that cannot be used is set aside and the page goes on."""
    members: list[Member] = []
    rejected: list[Rejected] = []
    for row in rows:
        try:
            members.append(read(row))
        except BadFieldError as error:
            record_id = row.get(id_field) if isinstance(row, Mapping) else None
            rejected.append(
                Rejected(
                    source="members",
                    record_id=str(record_id) if isinstance(record_id, int) else None,
                    field=error.field,
                    reason=error.reason,
                )
            )
    return MemberPage(members=members, rejected=rejected)


def read_object(row: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    """An object in a row, empty when there is none; raises BadFieldError for anything else."""
    value = row.get(field)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise BadFieldError(field, f"is {kind(value)} instead of an object")
    return value


def full_name(*parts: str | None) -> str | None:
    return " ".join(part for part in parts if part) or None


def rank_of(tier: Mapping[str, Any], threshold_field: str) -> int:
    """Order of tiers by their threshold. The lowest tier may start at zero and is above none."""
    if not tier:
        return 0
    threshold = read_decimal(tier, threshold_field)
    return 1 if threshold is None else min(HIGHEST_RANK, 1 + max(0, int(threshold)))
