"""`python -m loyalty_desk awards`: queue, apply, follow, decide, take back."""

from __future__ import annotations

import argparse
import getpass
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_desk.clock import utc_now
from loyalty_desk.commands.command_line import add_by, add_verbs, count, words
from loyalty_desk.records import AwardState
from loyalty_desk.settings.stores_file import stores_file

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `awards` with its own commands."""
    add = add_verbs(commands, "awards", "award points and credits, and follow them")
    bring = add("import", "queue the awards of a CSV file, all of them or none", _import)
    bring.add_argument("file", type=Path, help="UTF-8, first line: names of columns")
    bring.add_argument("--skip-bad", action="store_true", help="queue the good rows all the same")
    bring.add_argument("--agent", default=getpass.getuser(), help="who awards; default: you")
    add("apply", "apply what is queued, here and now, as the DAG would", _apply)
    listing = add("list", "list the newest awards", _list)
    listing.add_argument("--state", choices=[state.value for state in AwardState])
    listing.add_argument("--most", type=count, default=50, help="how many; default: 50")
    _add_award(add("show", "show an award and its audit", _show))
    for verb, text in (("approve", "approve an award"), ("reject", "reject an award")):
        answer = _add_award(add(verb, f"{text} that waits for it", partial(_decide, verb)))
        answer.add_argument("--why", type=words, help="kept in the audit")
        add_by(answer, "who decides")
    settle = _add_award(add("resolve", "say what became of an award that is unknown", _resolve))
    outcome = settle.add_mutually_exclusive_group(required=True)
    outcome.add_argument("--applied", action="store_true", help="it is on the platform")
    outcome.add_argument("--send-again", action="store_true", help="it is not: send it again")
    settle.add_argument("--why", required=True, type=words, help="how you know; kept in the audit")
    add_by(settle, "who decides")
    back = _add_award(add("reverse", "take an applied award back, by a new one", _reverse))
    back.add_argument("--why", required=True, type=words, help="kept in the note")
    add_by(back, "who takes it back")


def _add_award(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("award", help="the award's id")
    return parser


def _import(options: argparse.Namespace) -> int:
    from loyalty_desk.awards.csv_import import import_awards, read_file  # noqa: PLC0415

    store = stores_file().get(options.store)
    done = import_awards(
        _engine(),
        store,
        read_file(options.file),
        utc_now(),
        agent=options.agent,
        skip_bad=options.skip_bad,
    )
    for line, reason in sorted(done.bad_lines.items()):
        sys.stderr.write(f"line {line}: {reason}\n")
    sys.stdout.write(
        f"{done.queued} queued, {done.queued_before} queued before, {len(done.bad_lines)} bad\n"
    )
    if done.bad_lines and not options.skip_bad:
        sys.stderr.write("nothing was queued; mend the rows, or use --skip-bad\n")
    return 1 if done.bad_lines else 0


def _apply(options: argparse.Namespace) -> int:
    from loyalty_desk.tasks.awards import apply_awards  # noqa: PLC0415 - only here

    counts = apply_awards(options.store)
    sys.stdout.write(", ".join(f"{n} {name}" for name, n in counts.items()) or "none due")
    sys.stdout.write("\n")
    return 0


def _list(options: argparse.Namespace) -> int:
    from loyalty_desk.awards.queue import amount_text, list_awards  # noqa: PLC0415 - only here

    state = AwardState(options.state) if options.state else None
    store = stores_file().get(options.store).name
    with _reading() as connection:
        for award in list_awards(connection, store, state=state, most=options.most):
            cells = (award.award_id, award.queued_at_utc, award.state, amount_text(award))
            detail = f"  {award.detail}" if award.detail else ""
            sys.stdout.write(f"{'  '.join(cells)}  by {award.agent}{detail}\n")
    return 0


def _show(options: argparse.Namespace) -> int:
    from loyalty_desk.awards.queue import amount_text, get_award, get_events  # noqa: PLC0415 - only here

    store = stores_file().get(options.store).name
    with _reading() as connection:
        award = get_award(connection, store, options.award)
        sys.stdout.write(f"{award.award_id}: {amount_text(award)}, {award.state}\n")
        for event in get_events(connection, store, options.award):
            detail = f": {event.detail}" if event.detail else ""
            sys.stdout.write(
                f"{event.happened_at_utc}  {event.state}{detail}  by {event.actor}  {event.facts}\n"
            )
    return 0


def _resolve(options: argparse.Namespace) -> int:
    from loyalty_desk.awards.queue import settle_unknown  # noqa: PLC0415 - only here

    store = stores_file().get(options.store).name
    with _engine().begin() as connection:
        state = settle_unknown(
            connection,
            store,
            options.award,
            utc_now(),
            was_applied=options.applied,
            actor=options.by,
            why=options.why,
        )
    sys.stdout.write(f"{options.award} is {state.value}\n")
    return 0


def _decide(verb: str, options: argparse.Namespace) -> int:
    from loyalty_desk.awards.approval import decide  # noqa: PLC0415 - only here
    from loyalty_desk.awards.queue import NoAwardError, get_award  # noqa: PLC0415

    store = stores_file().get(options.store).name
    with _engine().begin() as connection:
        award = get_award(connection, store, options.award)
        if award.state != AwardState.NEEDS_APPROVAL:
            raise NoAwardError(f"award {options.award} is {award.state}; it needs no approval")
        approved = verb == "approve"
        now, by, why = utc_now(), options.by, options.why
        state = decide(connection, store, award, now, approved=approved, by=by, why=why)
    sys.stdout.write(f"{options.award} is {state.value}\n")
    return 0


def _reverse(options: argparse.Namespace) -> int:
    from loyalty_desk.awards.queue import Door  # noqa: PLC0415 - only here
    from loyalty_desk.awards.reversal import read_reversal, reverse_award  # noqa: PLC0415

    store = stores_file().get(options.store)
    agent, why = read_reversal({"agent": options.by, "note": options.why})
    with _engine().begin() as connection:
        queued = reverse_award(
            connection,
            store,
            options.award,
            utc_now(),
            agent=agent,
            why=why,
            door=Door.COMMAND,
        )
    sys.stdout.write(f"{queued.award_id} takes {options.award} back, and is {queued.state}\n")
    return 0


def _reading() -> AbstractContextManager[Connection]:
    from loyalty_desk.staging.engine import reading  # noqa: PLC0415 - slow to import

    return reading(_engine())


def _engine() -> Engine:
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415 - slow to import

    return staging_engine()
