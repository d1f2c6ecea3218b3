"""`python -m loyalty_desk awards`: queue, apply, follow, decide, take back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from loyalty_desk.commands.command_line import (
    By,
    StoreName,
    flag,
    group,
    need_one_of,
    os_user,
    words,
    you,
)
from loyalty_desk.errors import LoyaltyDeskError
from loyalty_desk.records import AwardState
from loyalty_desk.settings.stores_file import stores_file

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine

    from loyalty_desk.awards.csv_import import Import
    from loyalty_desk.folders import Folder

commands = group("awards", "Award points and credits, and follow them.")

AwardId = Annotated[str, typer.Argument(metavar="AWARD", help="The award's id.")]
Why = Annotated[str | None, typer.Option(parser=words, help="Kept in the audit.")]


@commands.command("import")
def import_file(
    file: Annotated[
        str, typer.Argument(help="UTF-8, first line: names of columns; - is the input; or s3://….")
    ],
    *,
    store: StoreName,
    dry_run: Annotated[bool, flag("--dry-run", "Say what it would do, and queue nothing.")] = False,
    skip_bad: Annotated[bool, flag("--skip-bad", "Queue the good rows all the same.")] = False,
    agent: Annotated[str, you("Who awards")],
) -> None:
    """Queue the awards of a CSV file, all of them or none."""
    from loyalty_desk.awards.csv_import import import_awards, read_file  # noqa: PLC0415
    from loyalty_desk.staging.staging_clock import ask_staging_now  # noqa: PLC0415

    settings, now = stores_file().get(store), ask_staging_now(_engine())
    done = import_awards(
        _engine(),
        settings,
        read_file(_open(file)),
        now,
        agent=agent,
        queued_by=os_user(),
        skip_bad=skip_bad,
        preview=dry_run,
    )
    for line, notice in sorted(done.notices.items()):
        typer.echo(f"line {line}, look at it: {notice}", err=True)
    for line, reason in sorted(done.bad_lines.items()):
        typer.echo(f"line {line}: {reason}", err=True)
    if dry_run:
        _say_what_it_would_do(done)
    bad, queued = len(done.bad_lines), "would be queued" if dry_run else "queued"
    typer.echo(f"{done.queued} {queued}, {done.queued_before} queued before, {bad} bad")
    if bad and not skip_bad:
        typer.echo("nothing was queued; mend the rows, or use --skip-bad", err=True)
    if bad:
        raise typer.Exit(1)


def _say_what_it_would_do(done: Import) -> None:
    from loyalty_desk.awards.file_rows import WORDS  # noqa: PLC0415 - only here
    from loyalty_desk.awards.policy import from_parts  # noqa: PLC0415

    for fate, count in done.counts.items():
        typer.echo(f"{WORDS[fate][0].lower()}: {count}. {WORDS[fate][1]}")
    for unit, parts in done.parts(new=True).items():
        typer.echo(f"adds {from_parts(parts, unit):,f} {unit}")


def _open(file: str) -> Folder:
    """The file, of this machine or of a storage."""
    from loyalty_desk.awards.csv_import import AwardFileError  # noqa: PLC0415 - only here
    from loyalty_desk.hooks.folders import open_folder  # noqa: PLC0415
    from loyalty_desk.in_time import in_time  # noqa: PLC0415

    try:
        return in_time(lambda: open_folder(file), f"the storage of {file}")
    except LoyaltyDeskError:
        raise
    except Exception as error:  # each storage has errors of its own
        raise AwardFileError(
            f"the storage of {file} does not answer ({type(error).__name__})"
        ) from error


@commands.command()
def apply(*, store: StoreName) -> None:
    """Apply what is queued, here and now, as the DAG would."""
    from loyalty_desk.tasks.awards import apply_awards, show_awards  # noqa: PLC0415 - only here

    counts = apply_awards(store)
    if cards := show_awards(store):
        counts["cards_pushed"] = cards
    typer.echo(", ".join(f"{n} {name}" for name, n in counts.items()) or "none due")


@commands.command("list")
def list_newest(
    *,
    store: StoreName,
    state: Annotated[AwardState | None, typer.Option(help="Those in this state alone.")] = None,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 50,
) -> None:
    """List the newest awards."""
    from loyalty_desk.awards.queue import amount_text, list_awards  # noqa: PLC0415 - only here

    name = stores_file().get(store).name
    with _reading() as connection:
        for award in list_awards(connection, name, state=state, most=most):
            cells = (award.award_id, award.queued_at_utc, award.state, amount_text(award))
            detail = f"  {award.detail}" if award.detail else ""
            typer.echo(f"{'  '.join(cells)}  by {award.agent}{detail}")


@commands.command()
def show(award: AwardId, *, store: StoreName) -> None:
    """Show an award and its audit."""
    from loyalty_desk.awards.queue import amount_text, get_award, get_events  # noqa: PLC0415 - only here

    name = stores_file().get(store).name
    with _reading() as connection:
        found = get_award(connection, name, award)
        typer.echo(f"{found.award_id}: {amount_text(found)}, {found.state}")
        for event in get_events(connection, name, award):
            detail = f": {event.detail}" if event.detail else ""
            typer.echo(
                f"{event.happened_at_utc}  {event.state}{detail}  by {event.actor}  {event.facts}"
            )


@commands.command()
def approve(award: AwardId, *, store: StoreName, why: Why = None, by: By) -> None:
    """Approve an award that waits for it."""
    _decide(store, award, approved=True, by=by, why=why)


@commands.command()
def reject(award: AwardId, *, store: StoreName, why: Why = None, by: By) -> None:
    """Reject an award that waits for it."""
    _decide(store, award, approved=False, by=by, why=why)


def _decide(store: str, award_id: str, *, approved: bool, by: str, why: str | None) -> None:
    from loyalty_desk.awards.deciding import decide_once  # noqa: PLC0415 - only here

    name = stores_file().get(store).name
    state = decide_once(_engine(), name, award_id, approved=approved, by=by, why=why)
    typer.echo(f"{award_id} is {state.value}")


@commands.command()
def resolve(
    award: AwardId,
    *,
    store: StoreName,
    applied: Annotated[bool, flag("--applied", "It is on the platform.")] = False,
    send_again: Annotated[bool, flag("--send-again", "It is not: send it again.")] = False,
    why: Annotated[str, typer.Option(parser=words, help="How you know; kept in the audit.")],
    by: By,
) -> None:
    """Say what became of an award that is unknown."""
    from loyalty_desk.awards.queue import settle_unknown  # noqa: PLC0415 - only here
    from loyalty_desk.staging.staging_clock import staging_now  # noqa: PLC0415

    need_one_of(applied=applied, send_again=send_again)
    name = stores_file().get(store).name
    with _engine().begin() as connection:
        now = staging_now(connection)
        state = settle_unknown(connection, name, award, now, was_applied=applied, actor=by, why=why)
    typer.echo(f"{award} is {state.value}")


@commands.command()
def reverse(
    award: AwardId,
    *,
    store: StoreName,
    why: Annotated[str, typer.Option(parser=words, help="Kept in the note.")],
    by: By,
) -> None:
    """Take an applied award back, by a new one."""
    from loyalty_desk.awards.queue import Door  # noqa: PLC0415 - only here
    from loyalty_desk.awards.reversal import read_reversal, reverse_award  # noqa: PLC0415
    from loyalty_desk.staging.staging_clock import staging_now  # noqa: PLC0415

    settings = stores_file().get(store)
    agent, note = read_reversal({"agent": by, "note": why})
    with _engine().begin() as connection:
        now = staging_now(connection)
        queued = reverse_award(
            connection,
            settings,
            award,
            now,
            agent=agent,
            why=note,
            door=Door.COMMAND,
            queued_by=os_user(),
        )
    typer.echo(f"{queued.award_id} takes {award} back, and is {queued.state}")


@commands.command("take-back")
def take_back_batch(
    batch: Annotated[
        str, typer.Argument(metavar="BATCH", help="Its id: as `show` says of each of its awards.")
    ],
    *,
    store: StoreName,
    why: Annotated[str, typer.Option(parser=words, help="Kept in the audit and the note.")],
    by: By,
) -> None:
    """Take back all of a batch that can be, and list the rest."""
    from loyalty_desk.awards.batch_results import load_outcomes  # noqa: PLC0415 - only here
    from loyalty_desk.awards.not_taken_back import reversals_of  # noqa: PLC0415
    from loyalty_desk.awards.policy import signed  # noqa: PLC0415
    from loyalty_desk.awards.reversal import read_reversal  # noqa: PLC0415
    from loyalty_desk.awards.taking_back_all import Wish, take_back_all  # noqa: PLC0415
    from loyalty_desk.staging.staging_clock import ask_staging_now  # noqa: PLC0415

    settings = stores_file().get(store)
    _, note = read_reversal({"agent": by, "note": why})
    wish = Wish(batch_id=batch, by=by, why=note, queued_by=os_user())
    done = take_back_all(_engine(), settings, wish, ask_staging_now(_engine()))
    with _reading() as connection:
        found = load_outcomes(connection, settings.name, batch)
    left = [one for one in found if one.not_taken_back]
    typer.echo(
        f"{len(done.withdrawn)} rejected, {len(done.reversed)} to be taken back, {len(left)} left"
    )
    if done.reversed:
        typer.echo(f"another person approves batch {reversals_of(batch)} before they are")
    for one in left:
        typer.echo(f"{one.award_id}  {signed(one.asked, str(one.unit))}  {one.not_taken_back}")


def _reading() -> AbstractContextManager[Connection]:
    from loyalty_desk.staging.engine import reading  # noqa: PLC0415 - slow to import

    return reading(_engine())


def _engine() -> Engine:
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415 - slow to import

    return staging_engine()
