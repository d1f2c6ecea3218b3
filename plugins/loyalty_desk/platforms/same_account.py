"""Whether a platform's account is still that whose members staging has.

A connection that was replaced by one of another account answers too, and may have the same ids for
other people. Nothing that is read of a platform tells whose account it is; its members do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Engine, Row

from loyalty_desk.card.emails import masked_name, read_email
from loyalty_desk.errors import ApiError, BadConnectionError
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.platforms.base import Platform, is_about
from loyalty_desk.records import Member
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.statements import statement

MOST_ASKED: Final = 10
"""So many known members who are all not there, or somebody else, are no chance."""


class AnotherAccountError(BadConnectionError):
    """The connection is of another account of the platform: nothing of it was used."""

    def __init__(self, store: str, member_id: str) -> None:
        super().__init__(
            f"store {store}: the platform has somebody else as member {masked_name(member_id)}, and"
            " others whom we know are not there as they were, so the key is that of another"
            " account. Correct the Airflow connection; if the programme moved there, set it up as"
            " another store (docs/platforms.md)"
        )


def find_ours(engine: Engine, store: str, platform: Platform, identifier: str) -> Member | None:
    """The platform's `find_member`, but for who is somebody else under an id that staging knows.

    Raises:
        AnotherAccountError: the member has another address than is known of that id, and no other
            member is as known either.
        Whatever `find_member` raises.
    """
    member = platform.find_member(identifier)
    if member is None or not _has_another_address(engine, store, member):
        return member
    others = _some_known(engine, store, but=member.member_id)
    # Mostly somebody who changed it: then the first other who is asked for is who it was.
    if others and not _has_one(platform, others):
        raise AnotherAccountError(store, member.member_id)
    return member


def has_one_of_ours(engine: Engine, store: str, platform: Platform) -> bool:
    """Whether the account has somebody whom we know, as we do. Raises what `find_member` does when
    the platform is away.
    """
    return _has_one(platform, _some_known(engine, store))


def _some_known(engine: Engine, store: str, *, but: str = "") -> list[Row[Any]]:
    binds = {"store": store, "member_id": but, "most": MOST_ASKED}
    with reading(engine) as connection:
        found = connection.execute(statement("stage/members/select_some_known"), binds)
        return list(found.all())


def _has_one(platform: Platform, known: Iterable[Row[Any]]) -> bool:
    return any(_is_as_known(platform, one.member_id, one.email_key) for one in known)


def _has_another_address(engine: Engine, store: str, member: Member) -> bool:
    """As far as both tell one."""
    binds = {"store": store, "member_id": member.member_id}
    with reading(engine) as connection:
        known = connection.execute(statement("stage/members/select_address"), binds).scalar()
    return None not in (known, found := read_email(member.email)[0]) and known != found


def _is_as_known(platform: Platform, member_id: str, email_key: str) -> bool:
    try:
        found = platform.find_member(member_id)
    except (ApiError, BadFieldError):
        return False
    return found is not None and all(is_about(found, one) for one in (member_id, email_key))
