"""An upgrade gives staged people the key that their address has now, and has them matched anew."""

from __future__ import annotations

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, delete, insert, select, update

from loyalty_desk.clock import utc_text
from loyalty_desk.staging import schema
from loyalty_desk.staging.intake import stage_customers, stage_members
from loyalty_desk.staging.migrations.versions import v0020_email_keys
from loyalty_desk.sync.match import match_customers
from tests.factories import NOW, STORE, customer, member, store_settings

MARKED = "ada\ufe0f@shop.example"


def upgrade(engine: Engine) -> None:
    """Run that one step, on the tables as they are now."""
    with (
        engine.begin() as connection,
        Operations.context(MigrationContext.configure(connection)),
    ):
        v0020_email_keys.upgrade()


def stage(engine: Engine, address: str, of_customer: str, old_key: str | None) -> None:
    """A member and a customer, their keys as an earlier version made them."""
    state = "invalid" if old_key is None else "valid"
    with engine.begin() as connection:
        stage_members(connection, STORE, [member("m", email=address)], NOW, first_load=False)
        people = [customer(7, email=of_customer), customer(8, email="bo@shop.example")]
        stage_customers(connection, STORE, people, NOW, card_key="loyalty", first_load=False)
        connection.execute(update(schema.members).values(email_key=old_key, email_state=state))
        if of_customer == address:
            of_seven = update(schema.customers).where(schema.customers.c.customer_id == 7)
            connection.execute(of_seven.values(email_key=old_key, email_state=state))
        match_customers(connection, store_settings(), NOW, full=True)
        connection.execute(delete(schema.touched))


@pytest.mark.parametrize(
    ("address", "of_customer", "old_key"),
    [
        pytest.param("ada@my_shop.example", "ada@my_shop.example", None, id="underscore"),
        pytest.param('"rei..ko."@shop.example', "rei..ko.@shop.example", None, id="quotes"),
        pytest.param(MARKED, "ada@shop.example", MARKED, id="a mark that shows nothing"),
    ],
)
def test_who_had_no_key_or_another_one_is_matched_by_the_next_run(
    staging: Engine, address: str, of_customer: str, old_key: str | None
) -> None:
    stage(staging, address, of_customer, old_key)

    upgrade(staging)

    with staging.begin() as connection:
        match_customers(connection, store_settings(), NOW, full=False)
        [found] = connection.execute(select(schema.matches)).all()
    assert (found.customer_id, found.member_id) == (7, "m")


def test_keys_that_stand_alone_follow_and_others_stay(staging: Engine) -> None:
    keys = [MARKED, "ada@shop.example", "\u00e4da@shop.example"]
    with staging.begin() as connection:
        rows = [{"store": STORE, "customer_id": 7, "email_key": key} for key in keys]
        connection.execute(insert(schema.customer_channels), rows)
        aside = {"store": STORE, "side": "member", "subject_id": "m", "found_by": "read"}
        told = {"reason": "is at fault", "email_key": MARKED, "since_utc": utc_text(NOW)}
        connection.execute(insert(schema.set_aside), aside | told)

    upgrade(staging)

    with staging.begin() as connection:
        channels = connection.execute(select(schema.customer_channels.c.email_key)).scalars().all()
        touched = connection.execute(select(schema.touched.c.kind, schema.touched.c.value)).all()
        assert sorted(channels) == ["ada@shop.example", "\u00e4da@shop.example"]
        assert connection.execute(select(schema.set_aside.c.email_key)).scalar() == keys[1]
    assert set(map(tuple, touched)) == {
        ("customer", "7"),
        ("email_key", MARKED),
        ("email_key", "ada@shop.example"),
    }
