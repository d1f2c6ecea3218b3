"""A push that Gorgias leaves unanswered, or whose card it loses. On both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, select

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import ApiError, ApiUnavailableError
from loyalty_desk.records import Customer
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.staging import schema
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.staging.run_lock import Run
from loyalty_desk.sync.match import match_customers
from loyalty_desk.sync.plan import plan_changes
from loyalty_desk.sync.push import OUTAGE, count_changes, push_changes, read_back
from tests.factories import STORE, customer, member, store_settings

PEOPLE = 3 * OUTAGE
Trouble = Callable[[int], Exception | None]


def unanswered() -> Exception:
    return ApiUnavailableError("Gorgias does not answer")


def refused() -> Exception:
    return ApiError("Gorgias", "PUT", "/api/customers/?/data", 400)


class Gorgias:
    """Keeps each customer's data, but for those it loses; `trouble` is by the number of a write."""

    def __init__(self, trouble: Trouble = lambda _: None) -> None:
        self.trouble, self.writes = trouble, 0
        self.loses: set[int] = set()
        self.data: dict[int, Any] = {}

    def put_customer_data(self, customer_id: int, content: Any, _version_utc: str | None) -> None:
        self.writes += 1
        if (error := self.trouble(self.writes)) is not None:
            raise error
        if customer_id not in self.loses:
            self.data[customer_id] = content

    def get_customer(self, customer_id: int) -> Customer:
        return customer(customer_id, data=self.data.get(customer_id, {}))


@pytest.fixture
def run(staging: Engine) -> Run:
    """Everybody's card is planned; one worker sends them in turn."""
    settings = store_settings(push={"workers": 1, "readback_sample": PEOPLE})
    numbers = range(1, PEOPLE + 1)
    now = utc_now()
    with staging.begin() as connection:
        members = [member(f"m{number}") for number in numbers]
        stage_members(connection, STORE, members, now, first_load=False)
        people = [customer(number) for number in numbers]
        stage_customers(connection, STORE, people, now, card_key="loyalty", first_load=False)
        match_customers(connection, settings, now, full=True)
        plan_changes(connection, settings, "r", now, full=True)
    return Run(store=settings, run_id="r", params=RunParams(), engine=staging)


def push(run: Run, gorgias: Gorgias) -> None:
    push_changes(run, gorgias)  # type: ignore[arg-type] # as far as it is asked


@pytest.mark.parametrize("answer", [None, refused])
def test_one_answer_among_many_that_are_lost_is_no_outage(
    run: Run, answer: Callable[[], Exception] | None
) -> None:
    """The count begins anew with whatever Gorgias answers, be it a refusal."""

    def trouble(write: int) -> Exception | None:
        if write % OUTAGE:
            return unanswered()
        return answer and answer()

    gorgias = Gorgias(trouble)

    push(run, gorgias)

    counts = count_changes(run)
    answered = PEOPLE // OUTAGE
    assert gorgias.writes == PEOPLE
    assert counts.left == 0
    assert counts.pushed == (0 if answer else answered)
    assert counts.failed == PEOPLE - counts.pushed


def test_an_outage_is_so_many_in_a_row_and_leaves_the_rest_planned(run: Run) -> None:
    gorgias = Gorgias(lambda write: unanswered() if write > 1 else None)

    with pytest.raises(ApiUnavailableError, match=f"{OUTAGE} writes in a row"):
        push(run, gorgias)

    counts = count_changes(run)
    assert gorgias.writes == OUTAGE + 1
    assert (counts.pushed, counts.failed, counts.left) == (1, OUTAGE - 1, PEOPLE - OUTAGE)


def test_a_card_that_is_not_there_when_read_back_is_planned_again(run: Run) -> None:
    """Gorgias answers 202 and keeps nothing: the ledger may not say that it has the card."""
    gorgias = Gorgias()
    gorgias.loses = {3}
    push(run, gorgias)

    counts = read_back(run, gorgias)  # type: ignore[arg-type]

    assert (counts.readback_checked, counts.readback_wrong) == (PEOPLE, 1)
    with run.engine.begin() as connection:
        known = set(connection.execute(select(schema.pushed_cards.c.customer_id)).scalars())
        assert known == set(range(1, PEOPLE + 1)) - {3}
        plan_changes(connection, run.store, "next", utc_now(), full=False)
        planned = select(schema.changes.c.customer_id).where(schema.changes.c.run_id == "next")
        assert connection.execute(planned).scalars().all() == [3]
