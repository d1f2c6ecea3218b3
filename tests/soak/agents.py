"""What agents and the desk's people do: syncs, awards, approvals, reversals, lookups."""

from __future__ import annotations

from random import Random

import requests

from scripts.waiting import look_until
from tests.soak.journal import Action
from tests.soak.shop import AWARD, LOOKUP, PATIENCE_S, Shop

AWARD_LIMIT_S = 60.0
LARGE = 150
"""More than what needs no approval."""
OPEN_STATES = {"queued", "approved", "applying"}
ENDED = {"success", "failed"}
CLOSED = {401, 403}
"""What a store answers whose tokens are revoked: it is disconnected."""
STATES = "SELECT award_id FROM awards WHERE store = :store AND state = :state ORDER BY award_id"


def run_dag(shop: Shop, dag: str, **params: object) -> tuple[str, str]:
    """Run a DAG to its end; returns the run's id and state."""
    dag_id = f"{dag}__{shop.name}"
    run_id = shop.desk.api.trigger(dag_id, dict(params))

    def ended_as() -> str | None:
        state = str(shop.desk.api.get_run(dag_id, run_id)["state"])
        return state if state in ENDED else None

    return run_id, shop.desk.wait_until(ended_as, f"a run of {dag_id}", PATIENCE_S)


def sync(shop: Shop, chance: Random) -> None:
    """Sync as the schedule does; now and then everything is read in full."""
    in_full = chance.random() < 0.15
    with shop.journal.doing("sync", shop.name, "a full sync" if in_full else "a sync") as action:
        action.outcome = run_dag(shop, "loyalty_sync", full_resync=in_full)[1]


def award(shop: Shop, chance: Random) -> None:
    """Ask for points as an agent's button does, and see what becomes of it."""
    person = shop.somebody(chance)
    amount = LARGE if chance.random() < 0.2 else chance.randrange(1, 30)
    fields = {
        "member_id": person.member_id,
        "amount": amount,
        "unit": "points",
        "reason": "gesture",
        "agent": chance.choice(["eve@shop.example", "ada@shop.example"]),
        "idempotency_key": f"soak-{chance.getrandbits(64):x}",
    }
    who = (person.customer_id, person.member_id)
    with shop.journal.doing("award", shop.name, f"award {amount}", *who) as action:
        answer = shop.call(AWARD, "POST", "awards", fields)
        _follow(shop, action, answer)


def reverse(shop: Shop, chance: Random) -> None:
    """Take an award back that was applied."""
    applied = [row["award_id"] for row in shop.rows(STATES, state="applied")]
    if not applied:
        return
    award_id = chance.choice(applied)
    with shop.journal.doing("reversal", shop.name, f"take {award_id} back") as action:
        path = f"awards/{award_id}/reversal"
        fields = {"agent": "ada@shop.example", "note": "a mistake"}
        _follow(shop, action, shop.call(AWARD, "POST", path, fields))


def _follow(shop: Shop, action: Action, answer: requests.Response) -> None:
    """Note what was accepted, and follow it to its end or to its question."""
    if answer.status_code != requests.codes.accepted:
        action.outcome = f"answered {answer.status_code}"
        expected = CLOSED | {requests.codes.conflict, requests.codes.unprocessable_entity}
        if answer.status_code not in expected:
            shop.journal.complain(f"{shop.name}, {action.what}: {answer.status_code} {answer.text}")
        return
    award_id = str(answer.json()["id"])
    shop.journal.accept(award_id, shop.name)
    query = "SELECT state FROM awards WHERE store = :store AND award_id = :award_id"

    def settled_as() -> str | None:
        state = str(shop.rows(query, award_id=award_id)[0]["state"])
        return None if state in OPEN_STATES else state

    action.outcome = look_until(settled_as, AWARD_LIMIT_S) or "not applied yet"


def decide_award(shop: Shop, chance: Random) -> None:
    """Approve or reject on the desk one that waits for it."""
    waiting = [row["award_id"] for row in shop.rows(STATES, state="needs_approval")]
    if not waiting:
        return
    award_id, deed = chance.choice(waiting), chance.choice(["approve", "approve", "reject"])
    with shop.journal.doing("approval", shop.name, f"{deed} {award_id}") as action:
        form = {"action": deed, "why": "seen on camera"}
        answer = shop.pages().post(f"/awards/{award_id}/approval", form)
        action.outcome = f"answered {answer.status_code}"


def look_up(shop: Shop, chance: Random) -> None:
    """Ask for a card as a ticket does; what is shown has to be of who holds the address."""
    person = shop.somebody(chance)
    email = person.email.strip()
    with shop.journal.doing("lookup", shop.name, "look up", person.customer_id) as action:
        answer = shop.call(LOOKUP, "POST", "lookup", {"email": email})
        if answer.status_code in CLOSED:
            action.outcome = "closed"
            return
        answer.raise_for_status()
        card = answer.json()
        action.outcome = f"{card.get('source')} {card.get('status')}"
    shown, may_be = card.get("member_id"), shop.may_be_shown(email)
    if shown is not None and shown not in may_be:
        done = (*shop.journal.about(shop.name, shown), *shop.journal.about(shop.name, email))
        told = "\n    ".join((str(card), *done))
        shop.journal.complain(
            f"{shop.name}: a lookup of {email} showed {shown}; that is of {may_be}\n    {told}"
        )
