"""Many requests of one file, judged in turn: each as if those before it were queued.

What judging one award asks the database for is read once for all of them. So a preview holds
nobody up, and who queues them holds the store's gate for moments.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from loyalty_desk.awards.balances import Balance, breaches_below_zero, load_balances
from loyalty_desk.awards.ceilings import WAYS, limit_of_way
from loyalty_desk.awards.file_rows import Recipient, Recipients, Whom
from loyalty_desk.awards.new_rows import award_values
from loyalty_desk.awards.policy import breaches_of, find_breaches, to_parts
from loyalty_desk.awards.queue import (
    AwardKeyError,
    AwardLimitError,
    Door,
    Queued,
    first_state,
    insert_awards,
)
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.awards.today import AwardedToday, AwardOfToday, load_awards_of_today
from loyalty_desk.records import AwardState
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.load import chunks
from loyalty_desk.staging.statements import statement

_IN_THIS_FILE: Final = "a row above in this file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a request, for whom it is, and where it leads to if that can be told."""

    queued: Queued
    whom: Whom
    balance: Balance | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Earlier:
    """An award that a key stands for."""

    queued: Queued
    content_hash: str
    owner: str


class InTurn:
    """A store's awards as they stand, and as they would with what was asked for since."""

    def __init__(
        self,
        connection: Connection,
        store: StoreSettings,
        requests: Sequence[AwardRequest],
        now: datetime,
        *,
        door: Door,
    ) -> None:
        """Read what there is to know for the requests, each of which has a key.

        Whoever queues them afterwards holds the store's gate.
        """
        self._store, self._now, self._door = store, now, door
        today = load_awards_of_today(connection, store.name, now)
        learned = {one.email: one.member_id for one in today if one.email and one.member_id}
        self._recipients = _load_recipients(connection, store.name, requests, learned)
        self._today = AwardedToday(today, self._recipients.addresses)
        self._balances = load_balances(connection, store.name, self._recipients.member_ids)
        self._earlier = _load_earlier(connection, store.name, requests)
        # What is queued at once is booked in the order of the ids: let that be the file's.
        self._ids = iter(sorted(uuid.uuid4().hex for _ in requests))
        self._new: list[dict[str, Any]] = []

    def ask(self, request: AwardRequest) -> Answer:
        """What `queue_award` would do, counting what was asked for before.

        Raises:
            AwardKeyError, AwardLimitError, SharedAwardError: as that does.
        """
        whom = self._recipients.find(request, self._store.awards)
        earlier = self._earlier.get(str(request.idempotency_key))
        if earlier is not None:
            if earlier.content_hash != request.content_hash():
                raise AwardKeyError(earlier.owner)
            return Answer(queued=earlier.queued, whom=whom, balance=None)
        balance = self._balances.find(whom.subject, request)
        if breaches := self._find_breaches(request, whom, balance):
            raise AwardLimitError(breaches)
        return Answer(queued=self._add(request, whom), whom=whom, balance=balance)

    def queue(self, connection: Connection, *, queued_by: str | None, batch_id: str) -> None:
        """Queue what is new of all that was asked for."""
        others = {"queued_by": queued_by, "batch_id": batch_id}
        insert_awards(connection, [{**row, **others} for row in self._new], self._now)

    def _find_breaches(
        self, request: AwardRequest, whom: Whom, balance: Balance | None
    ) -> dict[str, str]:
        settings, unit, door = self._store.awards, request.unit, self._door
        spent = self._today.of(whom.subject, unit, agent=request.agent)
        breaches = find_breaches(request, spent, settings, of_agent=door is not Door.BATCH)
        if door in WAYS:
            ceiling = limit_of_way(unit, self._today.by_door(door, unit), settings, door)
            breaches |= breaches_of(request, [ceiling])
        return breaches | breaches_below_zero(balance, request, settings)

    def _add(self, request: AwardRequest, whom: Whom) -> Queued:
        state = first_state(request, self._store, self._door)
        row = award_values(
            self._store,
            request,
            self._now,
            award_id=next(self._ids),
            door=self._door,
            state=state,
            subject=whom.subject,
        )
        self._new.append(row)
        queued = Queued(award_id=row["award_id"], state=state)
        self._earlier[row["idempotency_key"]] = _Earlier(
            queued=Queued(award_id=row["award_id"], state=state, repeats="key"),
            content_hash=row["content_hash"],
            owner=_IN_THIS_FILE,
        )
        self._balances.add(whom.subject, request, state)
        self._today.add(
            AwardOfToday(
                subject=whom.subject,
                member_id=request.member_id,
                email=request.email,
                unit=request.unit,
                agent=request.agent,
                door=self._door,
                parts=abs(to_parts(request.amount, request.unit)),
                counts=True,
            )
        )
        return queued


def _load_recipients(
    connection: Connection,
    store: str,
    requests: Sequence[AwardRequest],
    learned: Mapping[str, str],
) -> Recipients:
    """The members whom the requests may be for, also who has left."""
    email_keys = {one.email for one in requests if one.email}
    member_ids = {one.member_id for one in requests if one.member_id}
    member_ids |= {learned[key] for key in email_keys & learned.keys()}
    found = list[Recipient]()
    for query, keys in (
        (statement("awards/queue/select_recipients_of_ids"), member_ids),
        (statement("awards/queue/select_recipients_of_addresses"), email_keys),
    ):
        for some in chunks(sorted(keys)):
            rows = connection.execute(query, {"store": store, "keys": some})
            found.extend(_recipient(row) for row in rows)
    return Recipients(found, learned)


def _recipient(row: Row[Any]) -> Recipient:
    return Recipient(
        member_id=row.member_id,
        email_key=row.email_key,
        status=row.status,
        has_left=row.gone_at_utc is not None,
    )


def _load_earlier(
    connection: Connection, store: str, requests: Sequence[AwardRequest]
) -> dict[str, _Earlier]:
    keys = sorted({str(one.idempotency_key) for one in requests})
    return {
        row.idempotency_key: _Earlier(
            queued=Queued(award_id=row.award_id, state=AwardState(row.state), repeats="key"),
            content_hash=row.content_hash,
            owner=f"award {row.award_id}",
        )
        for some in chunks(keys)
        for row in connection.execute(
            statement("awards/queue/select_awards_by_keys"), {"store": store, "keys": some}
        )
    }
