"""What an administrator does: connects and disconnects, erases people, keeps house."""

from __future__ import annotations

import subprocess
import sys
from random import Random

from scripts.desk import Shown
from tests.soak.agents import run_dag
from tests.soak.shop import PATIENCE_S, Shop

LISTED = "*/customers"


def reconnect(shop: Shop, _: Random) -> None:
    """Take the store out of Gorgias and back in, by the DAGs; cards stay."""
    try:
        with shop.journal.doing("disconnect", shop.name, "disconnect") as action:
            action.outcome = run_dag(shop, "gorgias_disconnect", waiting_awards="park")[1]
    finally:
        connect(shop)


def connect(shop: Shop) -> None:
    """Connect, and make new tokens for those that a disconnect revoked."""
    with shop.journal.doing("connect", shop.name, "connect") as action:
        action.outcome = run_dag(shop, "gorgias_connect")[1]
    with shop.lock:
        shop.tokens.clear()


def erase(shop: Shop, chance: Random) -> None:
    """Erase a person, by the DAG or by the command line."""
    person = shop.take_away(chance, plain=True)
    who = (person.customer_id, person.member_id)
    with shop.journal.doing("erasure", shop.name, "erase", *who) as action:
        if chance.random() < 0.5:
            action.outcome = run_dag(shop, "erase_person", customer_id=person.customer_id)[1]
        else:
            action.outcome = _erase_by_command(shop, person)
        if action.outcome == "success":
            shop.erased_customers.add(person.customer_id)
            shop.erased_members.add(person.member_id)


def _erase_by_command(shop: Shop, person: Shown) -> str:
    command = ("erase", "--store", shop.name, "--customer", str(person.customer_id))
    done = subprocess.run(
        [sys.executable, "-m", "loyalty_desk", *command],
        env=dict(shop.desk.environment),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    if done.returncode != 0:
        return f"exit {done.returncode}: {done.stderr.strip()[-100:]}"
    return "success"


def refuse_key(shop: Shop, chance: Random) -> None:
    """The platform refuses our key once where members are listed: the sync that meets it is red.

    A sync asks once to see that it can, which is passed over mostly, and then to read.
    """
    fault = {"effect": "status", "status": 401, "count": 1, "method": "GET", "route": LISTED}
    fault["skip"] = chance.choice([0, 1, 1, 1])
    with shop.journal.doing("refused key", shop.name, "refuse the key once") as action:
        shop.on_platform("POST", "faults", fault)
        fired = 0
        while not fired and not shop.closing.wait(0.5):
            fired = shop.on_platform("GET", "faults")["data"][0]["fired"]
        shop.on_platform("DELETE", "faults")
        shop.refusals += fired
        action.outcome = "met" if fired else "not met"


def keep_house(shop: Shop, _: Random) -> None:
    """Remove what is old; nothing here is."""
    with shop.journal.doing("housekeeping", shop.name, "keep house") as action:
        action.outcome = run_dag(shop, "housekeeping")[1]
