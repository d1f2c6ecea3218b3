"""Everything at once: three stores on three platforms, seeded actors, then an oracle.

`SOAK_MINUTES` and `SOAK_SEED` choose how long, and which deeds. Files and logs stay in `var/soak`.
"""

from __future__ import annotations

import os
from itertools import chain
from random import Random

from scripts.desk import Desk
from tests.soak import agents, customers, decisions, members, upkeep, verdict
from tests.soak.beside import wrong_beside
from tests.soak.crew import Actor, Crew
from tests.soak.journal import Journal
from tests.soak.numbers_shown import wrong_numbers
from tests.soak.shop import PATIENCE_S, Shop
from tests.soak.stores import open_shops, sync_all

MINUTES = float(os.environ.get("SOAK_MINUTES", "20"))
SEED = int(os.environ.get("SOAK_SEED", "1"))
LEAST_SYNCS = 3
"""On a busy machine minutes have few syncs, and what meets none says nothing: it lasts longer."""
# Awards and webhooks start runs that go before a sync: often enough to meet it, not to starve it.
ACTORS = [
    Actor(agents.sync, (0.5, 3)),
    Actor(agents.award, (4, 12)),
    Actor(agents.reverse, (15, 40)),
    Actor(agents.decide_award, (3, 10)),
    Actor(agents.look_up, (0.2, 1.5)),
    Actor(members.earn, (2, 6)),
    Actor(members.end_campaign, (20, 50)),
    Actor(members.change, (1, 4)),
    Actor(members.give_up_address, (10, 30)),
    Actor(members.swap, (4, 12)),
    Actor(members.leave, (15, 40)),
    Actor(members.go_wrong, (5, 15)),
    Actor(customers.write, (1, 4)),
    Actor(customers.rename, (2, 6)),
    Actor(customers.swap, (3, 10)),
    Actor(customers.merge, (10, 30)),
    Actor(customers.delete, (20, 40)),
    Actor(customers.date_ahead, (3, 12)),
    Actor(members.date_member_ahead, (3, 12)),
    Actor(decisions.decide, (3, 10)),
    Actor(decisions.read_pages, (2, 6)),
    Actor(upkeep.erase, (20, 50)),
    Actor(upkeep.refuse_key, (15, 90), frozenset({"soak_rivo"})),
    Actor(upkeep.keep_house, (30, 90)),
    Actor(upkeep.reconnect, (30, 90), frozenset({"soak_smile"})),
]
OTHER_DAGS = (
    "award_points",
    "refresh_cards",
    "mismatch_report",
    "goodwill_report",
    "erase_person",
    "housekeeping",
    "gorgias_connect",
    "gorgias_disconnect",
)


def test_whatever_happens_at_once_every_card_award_run_and_number_is_right() -> None:
    journal = Journal()
    with open_shops(SEED, MINUTES, journal) as (desk, shops):
        with Crew(shops, ACTORS, SEED) as crew:
            crew.work(60 * MINUTES)
            desk.wait_until(
                lambda: all(journal.count("sync", shop.name) >= LEAST_SYNCS for shop in shops),
                f"{LEAST_SYNCS} syncs of each store",
                PATIENCE_S,
            )
        drain(desk, shops)
        for shop in shops:  # what only the incremental sync that comes next tells of
            customers.import_contacts(shop, Random(f"{SEED} {shop.name} import"))
        wrong = list(chain(journal.complaints, find_wrong(desk, shops)))
    print(f"\n{journal.table()}\nSOAK_SEED={SEED} SOAK_MINUTES={MINUTES:g} runs it again")
    for line in wrong:
        print(f"wrong: {line}")
    assert not wrong, f"{len(wrong)} things are wrong"


def drain(desk: Desk, shops: list[Shop]) -> None:
    """Wait until nothing is on its way any more; what waits for a person is rejected."""
    for shop in shops:
        members.mend(shop)
        # What a run was to show that a disconnect turned away is left to the next event.
        agents.run_dag(shop, "refresh_cards")
        for row in shop.rows(agents.STATES, state="needs_approval"):
            form = {"action": "reject", "why": "the day is over"}
            shop.pages().post(f"/awards/{row['award_id']}/approval", form)
    desk.wait_until(lambda: not any(map(is_busy, shops)), "what is under way", PATIENCE_S)


def is_busy(shop: Shop) -> bool:
    waiting = shop.rows(
        "SELECT award_id FROM awards WHERE store = :store"
        " AND state IN ('queued', 'approved', 'applying', 'needs_approval')"
    )
    return bool(waiting or shop.rows(members.ASKED))


def find_wrong(desk: Desk, shops: list[Shop]) -> list[str]:
    """Look at everything after a last sync, an incremental one, and at cards after a full one."""
    sync_all(shops)
    wrong = [line for shop in shops for line in verdict.wrong_cards(shop, read_in_full=False)]
    sync_all(shops, full_resync=True)
    for shop in shops:
        wrong += verdict.wrong_cards(shop, read_in_full=True)
        wrong += wrong_beside(shop)
        wrong += verdict.wrong_awards(shop)
        wrong += verdict.wrong_runs(shop)
        wrong += verdict.tripped(shop)
        wrong += verdict.other_red_runs(shop, OTHER_DAGS)
        wrong += wrong_numbers(shop)
    return wrong + list(verdict.wrong_logs(desk, shops))
