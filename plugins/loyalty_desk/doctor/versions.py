"""Python and the packages beside us, against the ranges that tests prove."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from typing import Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from loyalty_desk.doctor.finding import Finding, fine, not_checked, trouble
from loyalty_desk.doctor.scope import Scope

VERSIONS: Final = "versions"
OURS: Final = "loyalty-desk"


def check_versions(_scope: Scope) -> Iterator[Finding]:
    """Does everything that we work with have a version that we were tried with?"""
    wanted = [Requirement(line) for line in requires(OURS) or ()]
    if not wanted:
        yield not_checked(VERSIONS, "the package does not say which versions it needs")
        return
    python = SpecifierSet(metadata(OURS)["Requires-Python"])
    unfit = [] if python.contains(platform.python_version()) else [f"Python must be {python}"]
    unfit += filter(None, map(_unfit, wanted))
    if unfit:
        yield trouble(
            VERSIONS,
            "; ".join(unfit),
            "Install it anew with the constraints of this Airflow: docs/install-pip.md",
            in_compose=("docker compose build --pull", "docker compose up -d"),
        )
        return
    yield fine(
        VERSIONS,
        f"Loyalty Desk {version(OURS)}, Airflow {version('apache-airflow')},"
        f" Python {platform.python_version()}",
    )


def _unfit(wanted: Requirement) -> str:
    if wanted.marker is not None and not wanted.marker.evaluate():
        return ""
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        return f"{wanted.name} is not installed"
    if wanted.specifier.contains(found, prereleases=True):
        return ""
    return f"{wanted.name} is {found} and must be {wanted.specifier}"
