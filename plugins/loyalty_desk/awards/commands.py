"""`python -m loyalty_desk awards`: import, apply, list, show, resolve."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_desk.clock import utc_now
from loyalty_desk.records import AwardState
from loyalty_desk.settings import stores_file

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `awards` with its own commands."""
    awards = commands.add_parser("awards", help="award points and credits, and follow them")
    verbs = awards.add_subparsers(required=True, metavar="VERB")

    def add(verb: str, text: str, run: object) -> argparse.ArgumentParser:
        parser = verbs.add_parser(verb, help=text, description=text)
        parser.add_argument("--store", required=True, help="the store's name in the stores file")
        parser.set_defaults(run=run)
        return parser

    bring = add("import", "queue the awards of a CSV file, all of them or none", _import)
    bring.add_argument("file", type=Path, help="UTF-8, first line: names of columns")
    bring.add_argument("--skip-bad", action="store_true", help="queue the good rows all the same")
    bring.add_argument("--agent", default=getpass.getuser(), help="who awards; default: you")
    add("apply", "apply what is queued, here and now, as the DAG would", _apply)
    listing = add("list", "list the newest awards", _list)
    listing.add_argument("--state", choices=[state.value for state in AwardState])
    listing.add_argument("--most", type=_count, default=50, help="how many; default: 50")
    show = add("show", "show an award and its audit", _show)
    show.add_argument("award", help="the award's id")
    settle = add("resolve", "say what became of an award that is unknown", _resolve)
    settle.add_argument("award", help="the award's id")
    outcome = settle.add_mutually_exclusive_group(required=True)
    outcome.add_argument("--applied", action="store_true", help="it is on the platform")
    outcome.add_argument("--send-again", action="store_true", help="it is not: send it again")
    settle.add_argument("--why", required=True, type=_words, help="how you know; kept in the audit")
    settle.add_argument(
        "--by", default=getpass.getuser(), type=_words, help="who decides; default: you"
    )


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError("must be a whole number from 1 to 100000")
    return int(text)


def _words(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError("must say something, in one line that can be shown")
    return text.strip()


def _import(options: argparse.Namespace) -> int:
    from loyalty_desk.awards.csv_import import import_awards  # noqa: PLC0415 - only here

    store = stores_file().get(options.store)
    done = import_awards(
        _engine(),
        store,
        options.file,
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
    from loyalty_desk.awards.stages import apply_awards  # noqa: PLC0415 - only here

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
    from loyalty_desk.awards.queue import (  # noqa: PLC0415 - only here
        amount_text,
        get_award,
        get_events,
    )

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


def _reading() -> AbstractContextManager[Connection]:
    from loyalty_desk.staging.engine import reading  # noqa: PLC0415 - slow to import

    return reading(_engine())


def _engine() -> Engine:
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415 - slow to import

    return staging_engine()
