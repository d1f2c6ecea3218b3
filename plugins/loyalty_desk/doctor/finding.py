"""What a check found: how bad it is, what is so, and what mends it. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is, from the best to the worst."""

    FINE = "fine"
    NOT_CHECKED = "not checked"
    """It could not be seen, which is no good news."""
    WARNING = "warning"
    """It works, or nobody needs it yet."""
    ERROR = "error"
    """Something does not work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor. `check` is one of `examine.CHECKS`.

    `remedy` says what mends it, `commands` what to type for it in a shell of Airflow, and
    `in_compose` the same where Airflow runs by our docker-compose.yaml. `store` is None for what
    the whole installation has.
    """

    check: str
    severity: Severity
    what: str
    remedy: str = ""
    commands: tuple[str, ...] = ()
    in_compose: tuple[str, ...] = ()
    store: str | None = None


def compose_form(command: str) -> str:
    """A command of Airflow's or ours as it is typed with Docker Compose."""
    return f"scripts/compose {command}"


def fine(check: str, what: str, *, store: str | None = None) -> Finding:
    return Finding(check=check, severity=Severity.FINE, what=what, store=store)


def trouble(
    check: str,
    what: str,
    remedy: str,
    *commands: str,
    store: str | None = None,
    severity: Severity = Severity.ERROR,
    in_compose: Iterable[str] | None = None,
) -> Finding:
    """Something to mend; with Compose the same commands are typed, unless told otherwise."""
    return Finding(
        check=check,
        severity=severity,
        what=what.rstrip("."),
        remedy=remedy.rstrip("."),
        commands=commands,
        in_compose=tuple(map(compose_form, commands) if in_compose is None else in_compose),
        store=store,
    )


def not_checked(check: str, why: str, remedy: str = "", *, store: str | None = None) -> Finding:
    """It could not be seen."""
    return trouble(check, why, remedy, store=store, severity=Severity.NOT_CHECKED)


def worst(findings: Iterable[Finding]) -> Severity:
    """The worst that was found."""
    order = list(Severity)
    return max((one.severity for one in findings), key=order.index, default=Severity.FINE)
