"""Awards of one platform's account, from the queue to their end: how tests queue and apply one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, text

from loyalty_desk.awards.apply import Worker, apply_due
from loyalty_desk.awards.queue import Door, get_award, queue_award
from loyalty_desk.awards.requests import read_request
from loyalty_desk.clock import utc_now
from loyalty_desk.staging.engine import reading
from tests.platforms.account import Account
from tests.platforms.conftest import SPEED


def award(account: Account, staging: Engine, key: str) -> str:
    """Queue an award for somebody new and apply what is due; returns its id."""
    email = f"{key}@shop.example"
    account.add_member(email=email, points_tally=5)
    fields = {"email": email, "amount": 5, "reason": "gesture", "agent": "ada"}
    request = read_request({**fields, "idempotency_key": key}, account.store().awards)
    with staging.begin() as connection:
        queued = queue_award(connection, account.store(), request, utc_now(), door=Door.FILE)
    run(account, staging)
    return queued.award_id


def run(account: Account, staging: Engine) -> None:
    """Apply what is due, as if every lease and every wait had ended."""
    with staging.begin() as connection:
        connection.execute(
            text("UPDATE awards SET lease_until_utc = '2020' WHERE lease_until_utc IS NOT NULL")
        )
    platform = account.platform(for_awards=True, max_wait_s=5)
    worker = Worker(
        store=account.store(), engine=staging, platform=platform, name="one", speed=SPEED
    )
    apply_due(worker)


def ended(account: Account, staging: Engine, award_id: str) -> tuple[str, str | None]:
    with reading(staging) as connection:
        found: Any = get_award(connection, account.store().name, award_id)
    return found.state, found.detail
