"""Every check by its name, and one round of them: what fails holds up no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from loyalty_desk.doctor import (
    accounts,
    airflow_parts,
    certificates,
    database,
    disk,
    journal,
    member_files,
    public_address,
    settings,
    versions,
)
from loyalty_desk.doctor.finding import Finding, not_checked
from loyalty_desk.doctor.scope import Scope
from loyalty_desk.errors import LoyaltyDeskError, SettingsError
from loyalty_desk.settings.stores_file import StoresFile, stores_file

log = logging.getLogger(__name__)

Check = Callable[[Scope], Iterable[Finding]]

CHECKS: Final[Mapping[str, Check]] = {
    versions.VERSIONS: versions.check_versions,
    settings.STORES_FILE: settings.check_stores_file,
    database.DATABASE: database.check_database,
    database.MIGRATIONS: database.check_migrations,
    airflow_parts.AIRFLOW: airflow_parts.check_airflow,
    airflow_parts.PLUGIN: airflow_parts.check_plugin,
    airflow_parts.POOLS: airflow_parts.check_pools,
    airflow_parts.QUEUES: airflow_parts.check_queues,
    airflow_parts.DAGS: airflow_parts.check_dags,
    accounts.CONNECTIONS: accounts.check_connections,
    certificates.CERTIFICATES: certificates.check_certificates,
    accounts.PLACES: accounts.check_places,
    member_files.MEMBER_FILES: member_files.check_member_files,
    public_address.ADDRESS: public_address.check_address,
    public_address.CLOCK: public_address.check_clock,
    disk.DISK: disk.check_disk,
    journal.JOURNAL: journal.check_journal,
}
"""In the order in which they are told; what a later one needs, an earlier one looks at."""


def examine(wanted: str | None = None) -> Iterator[Finding]:
    """Look at everything, or at the installation and one store; each finding as it is made."""
    scope = Scope(file=_read_stores(), wanted=wanted)
    try:
        for name, check in CHECKS.items():
            yield from one_check(name, check, scope)
    finally:
        scope.close()


def _read_stores() -> StoresFile:
    """The stores file, or none of it where the variables do not even say which it is."""
    try:
        return stores_file()
    except SettingsError as error:
        return StoresFile({}, {"": str(error)})


def one_check(name: str, check: Check, scope: Scope) -> Iterator[Finding]:
    """What one check finds. It ends with that it could not be made where anything else fails."""
    found = None
    try:
        for found in check(scope):
            yield found
        if found is None:
            yield not_checked(name, "there is no store whose settings are right")
    except LoyaltyDeskError as error:
        yield not_checked(name, " ".join(str(error).split()))
    except Exception as error:  # whatever it is, the other checks still tell
        # Its own message may hold what it was working on.
        log.debug("the check of %s failed", name, exc_info=True)
        yield not_checked(name, f"the check itself failed ({type(error).__name__})")
