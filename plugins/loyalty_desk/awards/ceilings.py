"""What may come in by one way, whoever is named as agent: through a token, over HTTP, by a file.

Limits on agents rest on honest names. These do not: who holds a token cannot choose another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.awards.policy import Limit, breaches_of, limit_of
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.clock import utc_text
from loyalty_desk.records import Unit
from loyalty_desk.settings.award_settings import AwardSettings
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.statements import statement

HOUR: Final = timedelta(hours=1)
OWN_CEILINGS: Final = tuple(
    f"max_{unit}_per_{what}"
    for unit in Unit
    for what in ("award", "token_per_hour", "token_per_day")
)
"""The limits of which a token may have its own, by the settings that hold otherwise."""
WAYS: Final = {
    "http": ("over_http", "all that comes over HTTP"),
    "file": ("by_file", "all files"),
    "batch": ("by_batch", "all files to be approved as a whole"),
}
"""The ways in (`Door`) that the store has a ceiling a day for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The token that an award came through, with its own limits by the setting's name."""

    token_id: str
    ceilings: Mapping[str, int] = field(default_factory=dict)


def find_ceiling_breaches(
    connection: Connection,
    store: StoreSettings,
    request: AwardRequest,
    now: datetime,
    *,
    door: str,
    token: Token | None,
    since_utc: str,
) -> dict[str, str]:
    """The ceilings that the award would break; the caller holds the store's gate.

    `since_utc` is when the day began.
    """
    if token is None and door not in WAYS:
        return {}
    unit, settings = request.unit, store.awards
    used = _find_used(connection, store, unit, now, door=door, token=token, since_utc=since_utc)
    ceilings = _of_token(unit, used, settings, token) if token else []
    if door in WAYS:
        ceilings.append(limit_of_way(unit, int(used.by_door), settings, door))
    return breaches_of(request, ceilings)


def find_way_limit(
    connection: Connection,
    store: StoreSettings,
    unit: Unit,
    now: datetime,
    *,
    door: str,
    since_utc: str,
) -> Limit:
    """What one of the `WAYS` in still allows today."""
    used = _find_used(connection, store, unit, now, door=door, token=None, since_utc=since_utc)
    return limit_of_way(unit, int(used.by_door), store.awards, door)


def _find_used(
    connection: Connection,
    store: StoreSettings,
    unit: Unit,
    now: datetime,
    *,
    door: str,
    token: Token | None,
    since_utc: str,
) -> Row[Any]:
    hour_utc = utc_text(now - HOUR)
    return connection.execute(
        statement("awards/queue/select_came_in"),
        {
            "store": store.name,
            "token_id": token.token_id if token else "",
            "unit": unit.value,
            "door": door,
            "since_utc": since_utc,
            "hour_utc": hour_utc,
            "first_utc": min(since_utc, hour_utc),
        },
    ).one()


def limit_of_way(unit: Unit, used: int, settings: AwardSettings, door: str) -> Limit:
    """What one of the `WAYS` in allows of which `used` parts are gone."""
    name, what = WAYS[door]
    setting = f"max_{unit}_{name}_per_day"
    return limit_of(setting, f"{what} a day", getattr(settings, setting), used, unit)


def _of_token(unit: Unit, used: Row[Any], settings: AwardSettings, token: Token) -> list[Limit]:
    used_of = [
        (f"max_{unit}_per_token_per_hour", int(used.by_token_hour), "one token an hour"),
        (f"max_{unit}_per_token_per_day", int(used.by_token_day), "one token a day"),
    ]
    per_award = f"max_{unit}_per_award"
    if per_award in token.ceilings:  # else that of the store holds alone
        used_of.append((per_award, 0, "one award by this token"))
    return [
        limit_of(name, what, token.ceilings.get(name, getattr(settings, name)), parts, unit)
        for name, parts, what in used_of
    ]
