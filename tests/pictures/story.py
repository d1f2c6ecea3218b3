"""What happens in the sandbox's shop before its pictures are taken: four weeks of support.

Everything goes the way of a person or a program from outside, but for the days: awards are moved
back in staging over the weeks before.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text

from loyalty_desk.staging.engine import decide
from scripts.agent_desk import AgentDesk
from scripts.desk import Desk
from scripts.first_steps import connect_store, show_tickets
from scripts.services import STORE, Say
from tests.pictures.deeds import INCIDENT_TAG

NEW_STORE: Final = "lakeside"
"""A store whose set-up is half done."""
_ACCOUNTS: Final = {"platform": "rivo", "schedule": None, "currency": "EUR"}
STORES: Final[dict[str, dict[str, Any]]] = {
    STORE: {
        **_ACCOUNTS,
        "budget": {"share": 0.95},
        # Weeks of awards come within a minute.
        "awards": {
            "approval_above_points": 500,
            "max_points_per_token_per_hour": 20_000,
            "schedule": None,
        },
        "goodwill": {"point_value": "0.01", "budget_per_month": 100},
    },
    NEW_STORE: {
        **_ACCOUNTS,
        "platform_conn_id": f"rivo_{STORE}",
        "gorgias_conn_id": f"gorgias_{STORE}",
        "gorgias": {"card_key": NEW_STORE},
        "awards": {"schedule": None},
    },
}
AGENTS: Final = ("eve@shop.example", "ada@shop.example", "ops@lakeside.test")
"""Those of the sandbox's helpdesk, who awards most first."""
REASONS: Final = {"gesture": 4, "late_delivery": 5, "damaged_item": 2, "correction": 1}
AMOUNTS: Final = (50, 100, 100, 150, 200, 250, 400)
TAGS: Final = (INCIDENT_TAG, INCIDENT_TAG, "refund", "vip")
LARGE: Final = 800
"""Points that a second person has to approve."""
AWARDS: Final = 32
DAYS: Final = 28
"""Over how many days they are spread."""
CHANGED: Final = (0.2, 0.1, 0.15)
"""The share of matched members who earn or spend points before each further sync."""
LIMIT_S: Final = 180.0
WROTE: Final = (
    "SELECT m.member_id, m.customer_id, MAX(t.ticket_id) AS ticket_id FROM matches AS m"
    " JOIN tickets AS t ON t.store = m.store AND t.customer_id = m.customer_id"
    " WHERE m.store = :store AND m.rule = 'email' GROUP BY m.member_id, m.customer_id"
    " ORDER BY ticket_id DESC LIMIT :most"
)
UNSETTLED: Final = (
    "SELECT award_id FROM awards WHERE store = :store"
    " AND state NOT IN ('applied', 'needs_approval')"
)
LAST_RUN: Final = (
    "SELECT run_id FROM runs WHERE store = :store ORDER BY started_at_utc DESC LIMIT 1"
)
MATCHED: Final = "SELECT COUNT(*) AS members FROM matches WHERE store = :store AND rule = 'email'"
WRITES: Final = (
    "SELECT customer_id FROM card_writes WHERE store = :store"
    " GROUP BY customer_id ORDER BY COUNT(*) DESC, customer_id"
)
MOVE: Final = text(
    "UPDATE awards SET queued_at_utc = :at_utc, settled_at_utc = :at_utc"
    " WHERE store = :store AND award_id = :award_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Where the story's pages are: what stands in braces in the list of pictures."""

    desk: str
    new_store: str
    ticket: str
    customer: int
    award: str
    run: str
    first_day: str
    today: str

    def address(self, page: str) -> str:
        return page.format(**asdict(self))


def happen(desk: Desk, say: Say) -> Told:
    """Have everything happen, and tell where it is to be seen."""
    services, agents = desk.services, AgentDesk(desk.sandbox.gorgias["url"])
    say("a first sync, and a dry run of a new store")
    desk.sync(STORE)
    first_run = desk.rows(LAST_RUN, store=STORE)[0]["run_id"]
    desk.sync(NEW_STORE, dry_run=True)
    for number, share in enumerate(CHANGED):
        members = int(share * desk.rows(MATCHED, store=STORE)[0]["members"])
        say(f"{members} members earn or spend points, and a sync")
        desk.sandbox.control("rivo", "POST", "tick", {"members": members, "seed": number})
        desk.sync(STORE)
    connect_store(desk.programs, services, desk.token(STORE), say)
    for number, ticket_id in enumerate(agents.newest_tickets()):
        agents.add_tag(ticket_id, TAGS[number % len(TAGS)])
    say(f"{AWARDS} awards by hand, and one that waits for approval")
    served = desk.rows(WROTE, store=STORE, most=AWARDS + 1)
    waiting, *others = served
    award_ids = [_award(desk, number, one) for number, one in enumerate(others)]
    large = {"amount": LARGE, "reason": "damaged_item", "note": "the pot came in two pieces"}
    asked = desk.post_award(STORE, **_whom(waiting), **large, agent=AGENTS[0])
    desk.wait_until(lambda: not desk.rows(UNSETTLED, store=STORE), "booking awards", LIMIT_S)
    say("a last sync")
    desk.sync(STORE)
    today = datetime.now(UTC)
    _move_back(desk, award_ids, today)
    ticket_id, _ = show_tickets(desk.programs, services)
    pages = f"{desk.place.airflow_url}/loyalty/desk"
    return Told(
        desk=f"{pages}/{STORE}",
        new_store=f"{pages}/{NEW_STORE}",
        ticket=f"{agents.url}/ticket/{ticket_id}",
        customer=_most_written(desk, others),
        award=asked,
        run=first_run,
        first_day=(today - timedelta(days=DAYS)).date().isoformat(),
        today=today.date().isoformat(),
    )


def _whom(row: Any) -> dict[str, Any]:
    return {"member_id": row["member_id"], "ticket_id": row["ticket_id"]}


def _award(desk: Desk, number: int, row: Any) -> str:
    dice = random.Random(number)
    reason = dice.choices(list(REASONS), list(REASONS.values()))[0]
    agent = dice.choices(AGENTS, (5, 3, 1))[0]
    return desk.post_award(
        STORE, **_whom(row), amount=dice.choice(AMOUNTS), reason=reason, agent=agent
    )


def _most_written(desk: Desk, served: Sequence[Any]) -> int:
    """Whose card was written most often, of those who were awarded something."""
    among = {row["customer_id"] for row in served}
    written = (int(row["customer_id"]) for row in desk.rows(WRITES, store=STORE))
    return next(customer_id for customer_id in written if customer_id in among)


def _move_back(desk: Desk, award_ids: list[str], now: datetime) -> None:
    """Have them be of the last four weeks, of the later ones more."""

    def move(connection: Any) -> None:
        for number, award_id in enumerate(award_ids):
            days = int(DAYS * (number / len(award_ids)) ** 1.5)
            at = now - timedelta(days=days, minutes=37 * number % 400)
            at_utc = at.isoformat(timespec="microseconds").replace("+00:00", "Z")
            connection.execute(MOVE, {"store": STORE, "award_id": award_id, "at_utc": at_utc})

    decide(desk.engine, move)
