"""What people decide on the desk, and the pages that they read meanwhile."""

from __future__ import annotations

from random import Random

import requests

from tests.soak.shop import Shop

CUSTOMERS = (
    "SELECT u.customer_id FROM unmatched_customers AS u"
    " WHERE u.store = :store AND u.outcome = 'customer_not_found' ORDER BY u.customer_id"
)
MEMBERS = (
    "SELECT m.member_id FROM unmatched_members AS u"
    " JOIN members AS m ON m.store = u.store AND m.member_id = u.member_id"
    " WHERE u.store = :store AND u.outcome = 'member_not_in_gorgias' AND m.status = 'member'"
    " ORDER BY m.member_id"
)
PAGES = ("", "/mismatches", "/mismatches?status=all", "/awards", "/quality", "/setup")


def decide(shop: Shop, chance: Random) -> None:
    """Link a customer whom nobody was found for, refuse a member for one, or ignore one."""
    if shop.linked and chance.random() < 0.2:
        customer_id, member_id = chance.choice(list(shop.linked.items()))
        _send(shop, customer_id, {"action": "refuse", "member_id": member_id})
        return
    customers = [row["customer_id"] for row in shop.rows(CUSTOMERS)]
    members = [row["member_id"] for row in shop.rows(MEMBERS)]
    free = [one for one in customers if one not in shop.linked]
    unlinked = [one for one in members if one not in shop.linked.values()]
    if not free or not unlinked:
        return
    customer_id, member_id = chance.choice(free), chance.choice(unlinked)
    forms = [
        {"action": "link", "member_id": member_id},
        {"action": "refuse", "member_id": member_id},
        {"action": "ignore", "reason": "a wholesaler", "until": ""},
    ]
    _send(shop, customer_id, chance.choice(forms))


def _send(shop: Shop, customer_id: int, form: dict[str, str]) -> None:
    deed, member_id = form["action"], form.get("member_id", "")
    what = f"{deed} {member_id}"
    if deed == "link":
        shop.note_addresses(customer_id)
        shop.links[customer_id].add(member_id)
    with shop.journal.doing("decision", shop.name, what, customer_id, member_id) as action:
        answer = shop.pages().post(f"/mismatches/customer/{customer_id}", form)
        action.outcome = f"answered {answer.status_code}"
    if answer.status_code != requests.codes.see_other:
        return
    if deed == "link":
        shop.linked[customer_id] = member_id
    elif shop.linked.get(customer_id) == member_id:  # the later decision is what counts
        del shop.linked[customer_id]


def read_pages(shop: Shop, chance: Random) -> None:
    """Look at a page of the desk: it answers, whatever happens."""
    person = shop.somebody(chance)
    path = chance.choice([*PAGES, f"/customers/{person.customer_id}"])
    with shop.journal.doing("desk page", shop.name, f"read {path}", person.customer_id) as action:
        status = shop.pages().get(path).status_code
        action.outcome = f"answered {status}"
    if status not in {requests.codes.ok, requests.codes.not_found}:
        shop.journal.complain(f"{shop.name}: the desk's page {path} answered {status}")
