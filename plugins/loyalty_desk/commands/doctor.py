"""`python -m loyalty_desk doctor`: what is wrong with this installation."""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from loyalty_desk.commands.command_line import flag

if TYPE_CHECKING:
    from loyalty_desk.doctor.finding import Finding

commands = typer.Typer()

SIGNS: Final = {"fine": "✓", "not checked": "?", "warning": "!", "error": "✗"}
PLAIN_SIGNS: Final = {"fine": "+", "not checked": "?", "warning": "!", "error": "x"}
COUNTABLE: Final = {"warning", "error"}
EXIT_CODES: Final = {"fine": 0, "not checked": 1, "warning": 1, "error": 2}


@commands.command()
def doctor(
    *,
    store: Annotated[
        str | None,
        typer.Option(help="Look at this store alone, beside what all stores share."),
    ] = None,
    as_json: Annotated[bool, flag("--json", "Print one JSON object, for machines.")] = False,
) -> None:
    """Say what is wrong with this installation: 0 nothing, 1 look at it, 2 something does not work.

    It leaves everything as it was.
    """
    from loyalty_desk.doctor.examine import examine  # noqa: PLC0415 - slow to import
    from loyalty_desk.doctor.finding import worst  # noqa: PLC0415

    findings = []
    with _quiet():
        for finding in examine(store):
            findings.append(finding)
            if not as_json:
                typer.echo("\n".join(_lines(finding)))
    severity = worst(findings)
    if as_json:
        told = {"severity": severity, "findings": [asdict(one) for one in findings]}
        typer.echo(json.dumps(told, indent=2))
    else:
        typer.echo(_summary(findings))
    raise typer.Exit(EXIT_CODES[severity])


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what others say meanwhile: it is no news beside the findings, nor is it JSON."""
    logging.disable()
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(logging.NOTSET)


def _lines(finding: Finding) -> Iterator[str]:
    signs = SIGNS if _shows(SIGNS) else PLAIN_SIGNS
    where = f"{finding.check}, {finding.store}" if finding.store else finding.check
    yield f"{signs[finding.severity]} {finding.severity}: {where}: {finding.what}"
    if finding.remedy:
        yield f"      {finding.remedy}."
    for command in finding.commands:
        yield f"      $ {command}"
    for command in finding.in_compose:
        yield f"      with Compose: $ {command}"


def _shows(signs: dict[str, str]) -> bool:
    """Whether the terminal, or whatever stands in its place, can show them."""
    try:
        "".join(signs.values()).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _summary(findings: list[Finding]) -> str:
    counts = {
        severity: sum(one.severity == severity for one in findings) for severity in reversed(SIGNS)
    }
    told = [
        f"{number} {severity}" + "s" * (number > 1 and severity in COUNTABLE)
        for severity, number in counts.items()
        if number
    ]
    return f"\n{', '.join(told)}"
