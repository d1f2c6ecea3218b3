"""Where others reach this installation, and whether all clocks tell the same time."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError

from loyalty_desk.clock import utc_now
from loyalty_desk.connect.urls import configured_address
from loyalty_desk.doctor.asked import AskedAddress, says_who_it_is
from loyalty_desk.doctor.finding import Finding, Severity, fine, not_checked, trouble
from loyalty_desk.doctor.scope import Scope
from loyalty_desk.doctor.versions import OURS
from loyalty_desk.errors import BadConnectionError, LoyaltyDeskError, SettingsError
from loyalty_desk.hooks.addresses import is_loopback
from loyalty_desk.hooks.connections import gorgias_account
from loyalty_desk.http.exchange import Answer, Lost
from loyalty_desk.staging.staging_clock import ask_staging_now

ADDRESS: Final = "public address"
CLOCK: Final = "clock"
MOST_AHEAD_S: Final = 30.0
"""More apart, and tokens count as not yet or no longer valid."""
SETTING: Final = "LOYALTY_DESK_PUBLIC_URL"


def check_address(scope: Scope) -> Iterator[Finding]:
    """Does the public address lead to us, as far as can be seen from here?"""
    if not configured_address():
        what = "none is set, so Gorgias and the platforms cannot ask or tell us anything"
        remedy = f"Set {SETTING} to https://<your Airflow>, or do without: cards then come by syncs"
        yield trouble(ADDRESS, what, remedy, severity=Severity.WARNING)
        return
    try:
        asked = scope.asked_address
    except SettingsError as error:
        yield trouble(ADDRESS, str(error), f"Correct {SETTING}")
        return
    is_here = is_loopback(urlsplit(asked.url).hostname or "")
    yield _judge(asked, is_here=is_here)
    if is_here and not _is_all_here(scope):
        what = f"{asked.url} is this machine's own, so Gorgias cannot reach it"
        remedy = f"Set {SETTING} to the address of your proxy, https://<your Airflow>"
        yield trouble(ADDRESS, what, remedy, severity=Severity.WARNING)


def _judge(asked: AskedAddress, *, is_here: bool) -> Finding:
    url, got = asked.url, asked.got
    if isinstance(got, Lost):
        return trouble(
            ADDRESS,
            f"from here nobody reaches {url} ({got.reason})",
            "See that the API server runs, and look at proxy, name and firewall",
            in_compose=(_inside(),) if is_here else ("docker compose ps api-server",),
        )
    if asked.knows_us:
        if asked.version == version(OURS):
            return fine(ADDRESS, f"{url} leads to this installation")
        return trouble(
            ADDRESS,
            f"{url} leads to this installation, where version {asked.version} runs, and here it is"
            f" {version(OURS)}",
            "Install the same version in every component and start the API server anew",
        )
    if says_who_it_is(got):
        if asked.knows_us is None:
            why = f"{url} leads to a Loyalty Desk; whether to this one, only staging could tell"
            return not_checked(ADDRESS, why, "See to the database first")
        return trouble(
            ADDRESS,
            f"{url} leads to another Loyalty Desk: it works on another staging database",
            f"Correct {SETTING}, or have its API server use the same LOYALTY_DESK_STAGING_URL",
        )
    return _somebody_else(url, got)


def _somebody_else(url: str, got: Answer) -> Finding:
    where = f"Correct {SETTING}, or have your proxy pass /loyalty/api/ on to the API server"
    if 300 <= got.status < 400:
        leads = f"leads to {got.elsewhere}" if got.elsewhere else "leads elsewhere"
        what = f"{url} {leads} ({got.status}), as a log-in does that stands before it"
        return trouble(ADDRESS, what, f"{where}, without a log-in")
    if got.status in {401, 403, 407}:
        return trouble(
            ADDRESS, f"{url} asks for a log-in ({got.status})", f"{where}, without a log-in"
        )
    if got.status == 404:
        return trouble(
            ADDRESS,
            f"{url} answers and knows no Loyalty Desk (404)",
            f"{where}; if it is this Airflow, its API server has not loaded the plugin: start it"
            " anew",
            in_compose=("docker compose restart api-server",),
        )
    if got.status >= 500:
        return trouble(
            ADDRESS,
            f"{url} answers that it cannot serve now ({got.status})",
            "Look at the API server's log",
            in_compose=("docker compose logs --tail 50 api-server",),
        )
    return trouble(ADDRESS, f"{url} leads to something else than Loyalty Desk", where)


def _is_all_here(scope: Scope) -> bool:
    """Whether every account is on this machine too, as the sandbox is."""
    hosts = set()
    for store in scope.stores.values():
        try:
            hosts.add(urlsplit(f"//{gorgias_account(store)}").hostname or "")
        except BadConnectionError:
            continue
    return bool(hosts) and all(map(is_loopback, hosts))


def _inside() -> str:
    """In a container "this machine" is the container."""
    return "docker compose exec api-server python -m loyalty_desk doctor"


def check_clock(scope: Scope) -> Iterator[Finding]:
    """Does this machine's clock agree with the others that can be seen?"""
    seen = dict(_clocks(scope))
    if not seen:
        yield not_checked(CLOCK, "nobody was there to tell the time")
        return
    apart = {name: ahead for name, ahead in seen.items() if abs(ahead) > MOST_AHEAD_S}
    for name, ahead in apart.items():
        way = "ahead of" if ahead > 0 else "behind"
        yield trouble(
            CLOCK,
            f"this machine's clock is {abs(ahead):.0f} s {way} that of {name}",
            "Have the clocks of all machines kept by NTP",
            "timedatectl status",
            in_compose=(),
        )
    if not apart:
        yield fine(CLOCK, f"it agrees with {', '.join(seen)}")


def _clocks(scope: Scope) -> Iterator[tuple[str, float]]:
    """Each clock that can be seen, and how far ours is ahead of it."""
    try:
        theirs = ask_staging_now(scope.migrated)
        yield "the database", (utc_now() - theirs).total_seconds()
    except (LoyaltyDeskError, DBAPIError):
        pass
    for store in scope.stores.values():
        for name, tried in (
            (store.gorgias_conn_id, scope.try_gorgias(store)),
            (store.platform_conn_id, scope.try_platform(store)),
        ):
            if tried.ahead_s is not None:
                yield name, tried.ahead_s
    try:
        ahead = scope.asked_address.ahead_s if configured_address() else None
    except SettingsError:
        return
    if ahead is not None:
        yield "the public address", ahead
