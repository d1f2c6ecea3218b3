"""The ledger where several write cards: it tells whose write a card is, and never goes back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.gorgias.destinations import (
    WantedCard,
    find_delivery,
)
from loyalty_desk.gorgias.ledger import keep_pushed
from loyalty_desk.staging import schema
from loyalty_desk.staging.plan_schema import FIRST_TEXTS
from loyalty_desk.staging.statements import statement
from tests.factories import NOW, STORE, store_settings
from tests.sql.staged import EARLIER, Staged, match, plan

RUN, LATER = "run-2", "2026-04-01T00:00:00.000000Z"
KEY = {"store": STORE, "run_id": RUN, "customer_id": 1, "destination": "customer_data"}
ADA = "ada@shop.example"


def accept(staged: Staged, fingerprint: str, version_utc: str) -> None:
    """Keep in the ledger that Gorgias accepted a card."""
    values = {"is_member": True, "points_balance": 1, "pushed_at_utc": version_utc, "form": "2"}
    values["activity"] = None
    values["field_values"] = None
    words = {"texts_version": FIRST_TEXTS, "shown_fingerprint": fingerprint}
    staged.connection.execute(
        statement("push/ledger/upsert_pushed_card"),
        {**KEY, **values, **words, "fingerprint": fingerprint, "version_utc": version_utc},
    )


def ledger(staged: Staged) -> list[Any]:
    return staged.rows(schema.pushed_cards, "fingerprint")


def test_what_gorgias_took_into_fields_stays_known_where_nothing_was_written(
    staging: Engine,
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.pushed(1, "card", field_values='{"7": 150}')
        accept(staged, "card", LATER)

        assert staged.rows(schema.pushed_cards, "field_values") == ['{"7": 150}']


def test_of_two_that_write_at_once_the_later_version_stays(staging: Engine) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        accept(staged, "later", LATER)
        accept(staged, "earlier", EARLIER)
        assert ledger(staged) == ["later"]

        accept(staged, "the same version once more", LATER)
        assert ledger(staged) == ["the same version once more"]


def test_what_is_written_after_another_write_has_a_version_above_it(staging: Engine) -> None:
    """Even at the very same moment, by the clock of a machine that is behind."""
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.customer(1, ADA)
        staged.member("m1", ADA)
        match(staged)
        staged.pushed(1, "some card", version_utc=utc_text(NOW))
        wanted = WantedCard(1, "customer_data", "matched", "m1")

        delivery = find_delivery(connection, store_settings(), wanted, NOW)
        assert delivery is not None
        assert delivery.version_utc > utc_text(NOW)
        keep_pushed(connection, STORE, delivery, utc_text(NOW))

        assert staged.rows(schema.pushed_cards, "version_utc") == [delivery.version_utc]
        again = find_delivery(connection, store_settings(), wanted, NOW)
        assert again is not None
        assert again.version_utc > delivery.version_utc


@pytest.mark.parametrize("seen", [EARLIER, None], ids=["pushed before", "never pushed"])
def test_a_plan_keeps_which_version_it_saw(staging: Engine, seen: str | None) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.customer(1, ADA)
        staged.member("m1", ADA)
        if seen is not None:
            staged.pushed(1, "some card", version_utc=seen)
        match(staged)
        plan(staged)

        assert staged.rows(schema.changes, "ledger_version_utc") == [seen]


@pytest.mark.parametrize(
    ("version_utc", "card", "left"),
    [
        (EARLIER, "card", []),
        (LATER, "card", ["card"]),
        (EARLIER, "a newer card", ["card"]),
    ],
    ids=["as it was pushed", "another was shown since", "another is on its way"],
)
def test_only_a_card_that_nobody_replaced_can_have_got_lost(
    staging: Engine, version_utc: str, card: str, left: list[str]
) -> None:
    with staging.begin() as connection:
        staged = Staged(connection)
        staged.member("m1", ADA, card_fingerprint=card)
        staged.change(
            RUN, 1, "done", member_id="m1", fingerprint="card", ledger_version_utc=EARLIER
        )
        staged.pushed(1, "card", version_utc=version_utc)

        connection.execute(statement("push/ledger/delete_lost_card"), KEY)

        assert ledger(staged) == left
