"""What needs a person now in a store, the most harmful first, each with where it is settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from loyalty_desk.clock import in_zone
from loyalty_desk.connect.families import dag_of
from loyalty_desk.first_steps.step import Button
from loyalty_desk.hooks.telling import Unreached
from loyalty_desk.records import AwardState, Outcome, RunState
from loyalty_desk.report.data import FileLeft
from loyalty_desk.report.formats import count
from loyalty_desk.staging.run_record import RunRecord, Work
from loyalty_desk.web.desk.standing import Standing
from loyalty_desk.web.desk.switches import Switches

UNMATCHED: Final = (Outcome.CUSTOMER_NOT_FOUND, Outcome.AMBIGUOUS)
"""The classes of customers for whom somebody can find the member."""
STOPS_ALL: Final = ("loyalty_sync", "award_points")


class Harm(StrEnum):
    """How bad it is, in the words of tiles."""

    BAD = "bad"
    """Something is lost, wrong or at a stand, and goes on being so until somebody acts."""
    LOOK = "look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing that somebody has to do: `what` it is, and `more` about it.

    `names` are things of Airflow or of a folder, each with how the sentence about it goes on.
    `path` is below the store. `button` is for who may press it; `whom` says whom to ask else.
    """

    harm: Harm
    what: str
    more: str = ""
    names: Sequence[tuple[str, str]] = ()
    label: str = ""
    path: str = ""
    button: Button | None = None
    whom: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfLastRun:
    """What a store's own page knows of the last run besides its counters."""

    not_journalled: int
    files_left: Sequence[FileLeft]
    unwritten: Mapping[str, str]
    files: Mapping[str, Sequence[str]]
    """The files of each run that are still there."""


def needs_of(
    standing: Standing, switches: Switches, zone: str, last: OfLastRun | None = None
) -> list[Need]:
    """Everything, what is bad first; without `last` what is known of any store at a glance."""
    found = [
        *_of_run(standing.newest, last),
        *_of_switches(switches),
        *_of_awards(standing.awards),
        *_of_cards(standing, last),
        *_of_mismatches(standing),
        *(_of_place(one, switches.store, zone) for one in standing.unreached),
        *(_of_rest(standing.newest, last) if last else ()),
    ]
    return sorted(found, key=lambda need: need.harm is not Harm.BAD)


def report_path(run: RunRecord, last: OfLastRun | None) -> tuple[str, str]:
    """Where a run is told of, and what the link says: its report, as long as that is kept."""
    if last and "report.html" in last.files.get(run.run_id, ()):
        return "See its report", f"/runs/{quote(run.run_id)}/report.html"
    return "See the runs", "#runs"


def _of_run(newest: RunRecord | None, last: OfLastRun | None) -> Iterator[Need]:
    if newest is None:
        yield Need(harm=Harm.LOOK, what="No sync ran yet.", label="Set it up", path="/setup")
    elif newest.state is RunState.FAILED:
        label, path = report_path(newest, last)
        more = newest.failure or ""
        yield Need(harm=Harm.BAD, what="The last run stopped.", more=more, label=label, path=path)


def _of_switches(switches: Switches) -> Iterator[Need]:
    if switches.paused:
        stops = any(dag_id.startswith(STOPS_ALL) for dag_id, _ in switches.paused)
        yield Need(
            harm=Harm.BAD if stops else Harm.LOOK,
            what="Switched off in Airflow:",
            names=[(dag_id, f": {why}") for dag_id, why in switches.paused],
            button=switches.button,
            whom="Ask whoever may edit the DAGs of this store in Airflow to switch them on.",
        )
    if switches.unknown:
        yield Need(
            harm=Harm.BAD,
            what="Airflow does not know:",
            names=[(dag_id, "") for dag_id in switches.unknown],
            more="After a start it takes a minute; then whoever runs Airflow sees why by `airflow"
            " dags list-import-errors`.",
        )
    if not switches.is_told:
        yield Need(
            harm=Harm.LOOK,
            what="Whether DAGs are switched off cannot be known from here:",
            more="look in Airflow under Dags.",
        )


def _of_awards(awards: Mapping[str, int]) -> Iterator[Need]:
    unknown = awards.get(AwardState.UNKNOWN, 0)
    waiting = awards.get(AwardState.NEEDS_APPROVAL, 0)
    if unknown:
        yield Need(
            harm=Harm.BAD,
            what=f"{_counted(unknown, 'award')} may be booked or not.",
            more="Look at the ledger of the member on the platform, then say which it is.",
            label="Settle it" if unknown == 1 else "Settle them",
            path=f"/awards?state={AwardState.UNKNOWN}",
        )
    if waiting:
        verb = "waits" if waiting == 1 else "wait"
        yield Need(
            harm=Harm.LOOK,
            what=f"{_counted(waiting, 'award')} {verb} for approval.",
            more="Nothing of it is booked before another person decides.",
            label="Approve or reject",
            path=f"/awards?state={AwardState.NEEDS_APPROVAL}",
        )


def _of_cards(standing: Standing, last: OfLastRun | None) -> Iterator[Need]:
    run = next((one for one in standing.recent if one.has_done(Work.PUSH)), None)
    if run and run.failed:
        label, path = report_path(run, last)
        yield Need(
            harm=Harm.LOOK,
            what=f"{_counted(run.failed, 'card')} could not be written in the last run.",
            more="The next run tries again.",
            label=label,
            path=path,
        )


def _of_mismatches(standing: Standing) -> Iterator[Need]:
    waiting = standing.open_of(UNMATCHED)
    others = (standing.open_mismatches or 0) - waiting
    if waiting:
        verb = "has an address that fits" if waiting == 1 else "have addresses that fit"
        rest = f" Open mismatches with other reasons: {count(others)}." if others else ""
        yield Need(
            harm=Harm.LOOK,
            what=f"{_counted(waiting, 'customer')} {verb} no member, or several.",
            more=f"Who has the most tickets comes first.{rest}",
            label="Settle it" if waiting == 1 else "Settle them",
            path="/mismatches?side=customer&sort=tickets",
        )


def _of_place(place: Unreached, store: str, zone: str) -> Need:
    dags = " or ".join(dag_of(family, store) for family in ("mismatch_report", "award_points"))
    told = (
        f" of `stores.yaml` cannot be reached: {place.error}. It is tried again after"
        f" {in_zone(place.next_try, zone)}; whoever runs Airflow sees why in the log of {dags}."
    )
    return Need(
        harm=Harm.BAD,
        what=f"Not told since {in_zone(place.since, zone)}:",
        names=[(place.title, told)],
    )


def _of_rest(newest: RunRecord | None, last: OfLastRun) -> Iterator[Need]:
    if last.not_journalled:
        entries = (
            "1 entry is" if last.not_journalled == 1 else f"{last.not_journalled:,} entries are"
        )
        yield Need(
            harm=Harm.BAD,
            what=f"{entries} in no journal yet.",
            more="What was erased, revoked or decided would be lost with the database: the folder"
            " of the desk cannot be written, or the journal in it is not of this database."
            " Tell an engineer; `loyalty-desk doctor` says why.",
        )
    if newest and newest.checks_failed:
        yield Need(
            harm=Harm.LOOK,
            what=f"{_counted(newest.checks_failed, 'check')} failed in the last run.",
            label="See which",
            path="/quality",
        )
    if last.files_left:
        yield Need(
            harm=Harm.LOOK,
            what="Member files that were not read:",
            names=[(file.name, f" {file.reason}") for file in last.files_left],
        )
    for what, why in last.unwritten.items():
        yield Need(
            harm=Harm.LOOK,
            what=f"{what[:1].upper()}{what[1:]} could not be written in the last run.",
            more=f"{why}.",
        )


def _counted(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{count(number)} {what}s"
