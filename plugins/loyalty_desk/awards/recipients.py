"""Whom the platform found for an award: the one it was asked for, and one who may be awarded?"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Row

from loyalty_desk.platforms.base import is_about
from loyalty_desk.records import Member, MemberStatus
from loyalty_desk.settings.award_settings import AwardSettings

ANOTHER: Final = "the platform answers with another member than was asked for"


def is_another(award: Row[Any], member: Member) -> bool:
    """Whether the platform answers with somebody else than it was asked for, as far as it tells."""
    if award.member_id is None and member.email is None:
        return False
    return not is_about(member, award.member_id or award.email)


def is_sent_again(award: Row[Any]) -> bool:
    """Whether a person said that an award which was sent is not booked, and is to be sent again."""
    return bool(award.sent_at_utc) and not award.sends


def find_refusal(member: Member | None, settings: AwardSettings) -> str | None:
    """Why nothing may be awarded to whom the platform found; None when it may."""
    if member is None:
        return "customer_not_found"
    if member.status == MemberStatus.GUEST and not settings.allow_guests:
        return "guest"
    if member.status == MemberStatus.EXCLUDED and not settings.allow_excluded:
        return "excluded"
    return None
