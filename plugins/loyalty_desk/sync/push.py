"""Write the planned cards to Gorgias, the most important first, inside the request budget.

A row goes `planned → sending → done | failed | gone`; `sending` is committed before the call and
the ledger with `done` after it, so that a run that dies loses nothing: a write may be made twice,
which is harmless, but never forgotten. What is left at the end of the time box waits for the next
run.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.errors import (
    ApiError,
    ApiUnavailableError,
    BadConnectionError,
    LoyaltyDeskError,
    MovedError,
    NotFoundError,
)
from loyalty_desk.gorgias.asking import AskAgain
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.destinations import (
    CardWriter,
    Delivery,
    WantedCard,
    find_delivery,
)
from loyalty_desk.gorgias.field_edits import find_edited
from loyalty_desk.gorgias.field_writer import Window
from loyalty_desk.gorgias.ledger import keep_pushed
from loyalty_desk.records import WITHDRAWN, Cause, CauseKind, ChangeState
from loyalty_desk.settings.stores_file import installation
from loyalty_desk.staging import intake, run_record
from loyalty_desk.staging.audience import find_recent
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_lock import Run, renew_lock
from loyalty_desk.staging.statements import statement

log = logging.getLogger(__name__)

CHUNK = 200
"""Changes chosen at once, by priority."""
OUTAGE = 8
"""So many unanswered writes in a row mean that Gorgias is down; the rest waits."""
PROGRESS_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class PushCounts:
    """One per push stage. `left` rows stay planned and come first in a later run."""

    pushed: int
    failed: int
    gone: int
    left: int

    def as_counters(self) -> dict[str, float]:
        return {"pushed": self.pushed, "failed": self.failed, "gone": self.gone, "left": self.left}


class _Outage:
    """Counts unanswered writes in a row, over all workers."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def saw(self, *, answered: bool) -> None:
        self._in_a_row = 0 if answered else self._in_a_row + 1

    @property
    def is_on(self) -> bool:
        return self._in_a_row >= OUTAGE


def push_changes(run: Run, client: GorgiasClient) -> float:
    """Send what the run planned; in a dry run nothing. `count_changes` tells how it went.

    Returns when the time box of the push ends, by the monotonic clock.

    Raises:
        ApiUnavailableError: Gorgias does not answer any more; what is left stays planned.
        BadConnectionError: Gorgias refuses the credentials; what is left stays planned.
    """
    ends_at_s = time.monotonic() + run.store.push.minutes * 60 / installation().speed
    if run.params.dry_run:
        return ends_at_s
    with run.engine.begin() as connection:
        connection.execute(statement("push/changes/reopen_interrupted"), _key(run))
    if count_changes(run).left:
        writer = CardWriter(client, run.engine, run.store)
        asker = AskAgain(client, run.engine, run.store)
        _Pusher(run, writer, asker, ends_at_s).push_all()
        if run.store.gorgias.field_edits_leave_events:
            _say_edits(run, client, writer.windows)
    return ends_at_s


def _say_edits(run: Run, client: GorgiasClient, windows: Sequence[Window]) -> None:
    """Say whose fields somebody edited between a read and a write of ours; no run fails for it."""
    try:
        edited = find_edited(client, windows)
    except LoyaltyDeskError as error:
        log.warning("whose fields were edited meanwhile cannot be read: %s", error)
        return
    if edited:
        ids = ", ".join(map(str, edited))
        log.warning("somebody edited fields of these customers while we wrote ours: %s", ids)
    with run.engine.begin() as connection:
        counters = {"gorgias_field_edits": len(edited)}
        run_record.increase_counters(connection, run.store.name, run.run_id, counters)


def _key(run: Run) -> dict[str, str]:
    return {"store": run.store.name, "run_id": run.run_id}


def count_changes(run: Run) -> PushCounts:
    """How far the push of a run is, as staging has it; right at any moment."""
    with reading(run.engine) as connection:
        rows = connection.execute(statement("push/changes/count_changes_by_state"), _key(run)).all()
    by_state = {row.state: row.changes for row in rows}
    return PushCounts(
        pushed=by_state.get(ChangeState.DONE, 0),
        failed=by_state.get(ChangeState.FAILED, 0),
        gone=by_state.get(ChangeState.GONE, 0),
        left=by_state.get(ChangeState.PLANNED, 0) + by_state.get(ChangeState.SENDING, 0),
    )


class _Pusher:
    """Feeds planned rows to a few workers and stops at the time box or an outage."""

    def __init__(self, run: Run, writer: CardWriter, asker: AskAgain, ends_at_s: float) -> None:
        self._run, self._writer, self._asker = run, writer, asker
        self._deadline_s = ends_at_s
        self._outage = _Outage()
        self._started_s = self._reported_s = time.monotonic()
        self._sent = 0

    def push_all(self) -> None:
        left_at_start = count_changes(self._run).left
        planned = self._iter_planned()
        with ThreadPoolExecutor(self._run.store.push.workers, "push") as pool:
            under_way: set[Future[None]] = set()
            try:
                while True:
                    free = self._run.store.push.workers - len(under_way)
                    if not self._outage.is_on and time.monotonic() < self._deadline_s:
                        under_way |= {pool.submit(self._send, one) for one in islice(planned, free)}
                    if not under_way:
                        break
                    done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    for future in done:
                        future.result()
                    self._sent += len(done)
                    self._report_progress(left_at_start)
            finally:
                for future in under_way:
                    future.cancel()
        if self._outage.is_on:
            raise ApiUnavailableError(
                f"Gorgias left {OUTAGE} writes in a row unanswered; "
                f"{count_changes(self._run).left} cards stay planned and are sent when the task is "
                "tried again"
            )

    def _iter_planned(self) -> Iterator[WantedCard]:
        """Yield planned cards by priority. Claimed ones leave the query, so each chunk is new."""
        given: set[tuple[int, str]] = set()
        while True:
            with reading(self._run.engine) as connection:
                chunk = connection.execute(
                    statement("push/changes/select_planned"), {**_key(self._run), "chunk": CHUNK}
                ).all()
            fresh = [row for row in chunk if (row.customer_id, row.destination) not in given]
            if not fresh:
                return
            for row in fresh:
                given.add((row.customer_id, row.destination))
                yield WantedCard(**row._mapping)

    def _report_progress(self, total: int) -> None:
        now_s = time.monotonic()
        if now_s - self._reported_s < PROGRESS_EVERY_S:
            return
        self._reported_s = now_s
        renew_lock(self._run)
        rate = self._sent / (now_s - self._started_s)
        left_s = (total - self._sent) / rate if rate else float("inf")
        log.info("push: %d of %d, %.1f/s, %.0f s left", self._sent, total, rate, left_s)

    def _send(self, wanted: WantedCard) -> None:
        """Deliver one change and keep what became of it."""
        customer_id, destination = wanted.customer_id, wanted.destination
        key = {**_key(self._run), "customer_id": customer_id, "destination": destination}
        if not self._move(key, ChangeState.SENDING):
            return  # somebody else took it
        with reading(self._run.engine) as connection:
            delivery = find_delivery(connection, self._run.store, wanted, utc_now())
        if delivery is None:
            self._leave(key)
            return
        if wanted.outcome == WITHDRAWN and self._has_written(customer_id):
            self._move(key, ChangeState.PLANNED, "the customer has written meanwhile")
            return
        try:
            # A lookup or a webhook may have brought what is planned here, or undone it.
            was_there = delivery.is_there
            if not was_there:
                delivery = self._writer.deliver(delivery)
        except (NotFoundError, MovedError) as error:
            self._outage.saw(answered=True)
            self._customer_is_gone(key, delivery, error)
        except ApiError as error:
            self._outage.saw(answered=True)
            self._move(key, ChangeState.FAILED, f"Gorgias answered {error.status}")
        except ApiUnavailableError:
            self._outage.saw(answered=False)
            state = ChangeState.PLANNED if self._outage.is_on else ChangeState.FAILED
            self._move(key, state, "no answer from Gorgias")
        except BadConnectionError:
            self._move(key, ChangeState.PLANNED)
            raise
        else:
            self._outage.saw(answered=True)
            self._keep(key, delivery, was_there=was_there)
            if not was_there:
                self._asker.ask(delivery.customer_id, delivery.destination)

    def _has_written(self, customer_id: int) -> bool:
        """Whether a lookup has told of a ticket since the plan: it shows the card, or has."""
        with reading(self._run.engine) as connection:
            return bool(find_recent(connection, self._run.store, [customer_id], utc_now()))

    def _leave(self, key: dict[str, object]) -> None:
        """Leave to the next run what cannot be sent as planned: what changed has it look again."""
        with self._run.engine.begin() as connection:
            binds = {"store": key["store"], "customer_id": key["customer_id"]}
            if connection.execute(statement("links/find_customer"), binds).first():
                _set_state(connection, key, ChangeState.PLANNED, "the match does not hold any more")
            else:
                _set_state(connection, key, ChangeState.GONE, "not staged any more")

    def _move(self, key: dict[str, object], state: ChangeState, error: str | None = None) -> bool:
        with self._run.engine.begin() as connection:
            return _set_state(connection, key, state, error)

    def _keep(self, key: dict[str, object], delivery: Delivery, *, was_there: bool) -> None:
        """Write ledger and state together: what Gorgias accepted is known, or sent again."""
        with self._run.engine.begin() as connection:
            name, now_utc = self._run.store.name, utc_text(utc_now())
            cause = Cause(kind=CauseKind.SYNC, ref=self._run.run_id)
            keep_pushed(connection, name, delivery, now_utc, was_there=was_there, cause=cause)
            _set_state(connection, key, ChangeState.DONE, delivery=delivery)

    def _customer_is_gone(
        self, key: dict[str, object], delivery: Delivery, error: ApiError
    ) -> None:
        """A merged or deleted customer: drop the id, and pick up who took its place, if any."""
        survivors, asked_at = [], utc_now()
        if isinstance(error, MovedError) and delivery.email:
            survivors = self._writer.find_by_address(delivery.email)
        store = self._run.store
        with self._run.engine.begin() as connection:
            _set_state(connection, key, ChangeState.GONE, f"Gorgias answered {error.status}")
            intake.mark_gone(connection, store.name, [delivery.customer_id], utc_now())
            intake.stage_customers(
                connection,
                store.name,
                survivors,
                asked_at,
                card_key=store.gorgias.card_key,
                first_load=False,
            )


def _set_state(
    connection: Connection,
    key: dict[str, object],
    state: ChangeState,
    error: str | None = None,
    delivery: Delivery | None = None,
) -> bool:
    """Move a change on, with what was sent; False when it was not in the state that leads there."""
    values = {
        **key,
        "state": state,
        "from_state": ChangeState.PLANNED if state == ChangeState.SENDING else ChangeState.SENDING,
        "error": error,
        "fingerprint": None if delivery is None else delivery.fingerprint,
        "version_utc": None if delivery is None else delivery.version_utc,
        "now_utc": utc_text(utc_now()),
    }
    return connection.execute(statement("push/changes/update_change_state"), values).rowcount == 1


@dataclass(frozen=True, slots=True)
class ReadbackCounts:
    readback_checked: int
    readback_wrong: int

    def as_counters(self) -> dict[str, float]:
        return {
            "readback_checked": self.readback_checked,
            "readback_wrong": self.readback_wrong,
        }


def read_back(run: Run, client: GorgiasClient) -> ReadbackCounts:
    """Read a sample of what was pushed back; a card that did not arrive is planned again.

    Gorgias answers 202 to a write that it then ignores, so an accepted write is not yet a fact.
    """
    with reading(run.engine) as connection:
        sample = connection.execute(
            statement("push/ledger/select_readback_sample"),
            {**_key(run), "sample": run.store.push.readback_sample},
        ).all()
        wanted = (WantedCard(**row._mapping) for row in sample)
        now = utc_now()
        deliveries = [find_delivery(connection, run.store, one, now) for one in wanted]
    writer = CardWriter(client, run.engine, run.store)
    wrong = 0
    for delivery in filter(None, deliveries):
        customer_id, destination = delivery.customer_id, delivery.destination
        try:
            arrived = writer.shows(delivery)
        except (NotFoundError, MovedError):
            continue  # gone since; the next extract tells
        if not arrived:
            key = {**_key(run), "customer_id": customer_id, "destination": destination}
            with run.engine.begin() as connection:
                if connection.execute(statement("push/ledger/delete_lost_card"), key).rowcount:
                    wrong += 1
                    connection.execute(statement("push/ledger/insert_to_plan"), key)
    return ReadbackCounts(readback_checked=len(sample), readback_wrong=wrong)
