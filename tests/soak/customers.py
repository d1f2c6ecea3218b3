"""What happens in Gorgias: people write, are renamed, merged, deleted, and change addresses."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.soak.shop import Shop

FUTURE = "2099-01-01T00:00:00+00:00"
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
            "tags": [{"name": chance.choice(["vip", "refund", "loyalty"])}],
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
        one, two = chance.sample(shop.people, 2)
        who = (one.customer_id, two.customer_id)
        shop.moved.update(who)
        with shop.journal.doing("address", shop.name, "swap addresses", *who):
            held = [shop.in_gorgias("GET", f"customers/{n}").get("email") for n in who]
            for customer_id, email in zip(who, reversed(held), strict=True):
                shop.in_gorgias("PATCH", f"customers/{customer_id}", {"email": email})


def merge(shop: Shop, chance: Random) -> None:
    """An agent merges a customer into another."""
    with shop.lock:
        one, two = shop.take_away(chance), shop.somebody(chance)
        who = (one.customer_id, two.customer_id)
        shop.moved.update(who)
        with shop.journal.doing("merge", shop.name, f"merge into {two.customer_id}", *who):
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
    with shop.journal.doing("broken record", shop.name, "updated in 2099", person.customer_id):
        shop.in_gorgias("PATCH", f"customers/{person.customer_id}", {"updated_datetime": FUTURE})
