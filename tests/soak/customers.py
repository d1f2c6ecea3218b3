"""What happens in Gorgias: people write, are renamed, merged, deleted, and change addresses."""

from __future__ import annotations

from random import Random
from typing import Any

from scripts.desk import Shown
from tests.soak.shop import FUTURE, Shop

IMPORTED = 10
"""Those of an import whose address changes."""
TAGS = ("shipping", "vip", "refund")
"""Those that the account has by itself: over the API no name makes a tag, and ours go with us."""
MESSAGE = {"channel": "api", "via": "api", "from_agent": False, "body_text": "Hello"}


def write(shop: Shop, chance: Random) -> None:
    """A customer writes, somebody new now and then, and an agent tags the ticket."""
    person = shop.somebody(chance)
    is_new = chance.random() < 0.2
    email = f"new-{chance.getrandbits(40):x}@shopper.example"
    customer: dict[str, Any] = {"email": email} if is_new else {"id": person.customer_id}
    with shop.journal.doing("ticket", shop.name, "write", person.customer_id) as action:
        ticket = {
            "channel": "api",
            "via": "api",
            "customer": customer,
            "messages": [MESSAGE | {"sender": customer}],
            "tags": [{"name": chance.choice(TAGS)}],
        }
        answer = shop.gorgias_api("POST", "tickets", ticket)
        action.outcome = f"answered {answer.status_code}"
        if is_new and chance.random() < 0.5:
            customer_id = answer.json()["customer"]["id"]
            shop.in_gorgias("DELETE", f"customers/{customer_id}")


def rename(shop: Shop, chance: Random) -> None:
    """An agent corrects a name."""
    person = shop.somebody(chance)
    with shop.journal.doing("customer change", shop.name, "rename", person.customer_id):
        name = chance.choice(["null", '{"loyalty":null}', "Zoë O'Brien", ""])
        shop.in_gorgias("PATCH", f"customers/{person.customer_id}", {"name": name})


def swap(shop: Shop, chance: Random) -> None:
    """Two customers get each other's address, and by it each other's card."""
    with shop.lock:
        _swap(shop, *chance.sample(shop.people, 2))


def _swap(shop: Shop, one: Shown, two: Shown) -> None:
    who = (one.customer_id, two.customer_id)
    shop.moved.update(who)
    with shop.journal.doing("address", shop.name, "swap addresses", *who):
        shop.note_addresses(*who)
        held = [shop.in_gorgias("GET", f"customers/{n}").get("email") for n in who]
        for customer_id, email in zip(who, reversed(held), strict=True):
            shop.in_gorgias("PATCH", f"customers/{customer_id}", {"email": email})


def import_contacts(shop: Shop, chance: Random) -> None:
    """A file is imported: some get each other's address, and then everybody else is written.

    So those some are none of the newest, with which any read begins: who resumes from a date
    ahead does not see them.
    """
    with shop.lock, shop.journal.doing("customer change", shop.name, "import contacts"):
        some = chance.sample(shop.people, IMPORTED)
        for one, two in zip(some[::2], some[1::2], strict=True):
            _swap(shop, one, two)
        others = {row["id"] for row in shop.in_gorgias("GET", "customers?limit=100000")["data"]}
        for customer_id in sorted(others - {person.customer_id for person in some}):
            shop.in_gorgias("PATCH", f"customers/{customer_id}", {})


def merge(shop: Shop, chance: Random) -> None:
    """An agent merges a customer into another."""
    with shop.lock:
        one, two = shop.take_away(chance), shop.somebody(chance)
        who = (one.customer_id, two.customer_id)
        shop.moved.update(who)
        with shop.journal.doing("merge", shop.name, f"merge into {two.customer_id}", *who):
            shop.note_merge(*who)
            body = {"into": two.customer_id}
            shop.in_gorgias("POST", f"customers/{one.customer_id}/merge", body)


def delete(shop: Shop, chance: Random) -> None:
    """An agent deletes a customer."""
    person = shop.take_away(chance)
    with shop.journal.doing("merge", shop.name, "delete", person.customer_id):
        shop.in_gorgias("DELETE", f"customers/{person.customer_id}")


def date_ahead(shop: Shop, chance: Random) -> None:
    """Gorgias says that a customer was updated in 2099."""
    person = shop.somebody(chance)
    with shop.journal.doing("date ahead", shop.name, "customer of 2099", person.customer_id):
        shop.in_gorgias("PATCH", f"customers/{person.customer_id}", {"updated_datetime": FUTURE})
