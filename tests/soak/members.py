"""What happens on a loyalty platform: members earn, change, move, join, leave, and go wrong."""

from __future__ import annotations

import time
from random import Random
from typing import Any

from scripts.waiting import look_until
from tests.soak.journal import Action
from tests.soak.shop import FEW, FUTURE, Shop

SHOWN_LIMIT_S = 20.0
GOLD = 77
MANY = 40
IMPLAUSIBLE = 10**14
"""A balance that no check takes for one."""
NAMES = ("Null", '"points_balance":null', "null, null", "Ada\\u0000", "=1+1", "O'Brien", "Zoë")
"""What people are called, some of it as JSON writes for null."""
ASKED = "SELECT 1 FROM cards_to_show WHERE store = :store LIMIT 1"


def earn(shop: Shop, chance: Random) -> None:
    """Some members earn points at once."""
    people = {shop.somebody(chance) for _ in range(chance.randrange(1, 9))}
    who = [one for person in people for one in (person.customer_id, person.member_id)]
    with shop.journal.doing("webhook", shop.name, "earn", *who) as action:
        for person in sorted(people, key=lambda one: one.customer_id):
            points = (shop.points_of(person) or 0) + chance.randrange(1, 300)
            shop.change_member(person.member_id, points_tally=points)
        _wait_until_shown(shop, action)


def end_campaign(shop: Shop, chance: Random) -> None:
    """Many members change at once, so that showing them lasts while a sync plans their cards."""
    with shop.journal.doing("webhook", shop.name, "a campaign ends") as action:
        body = {"members": MANY, "seed": chance.getrandbits(30)}
        shop.on_platform("POST", "tick", body)
        _wait_until_shown(shop, action)


def _wait_until_shown(shop: Shop, action: Action) -> None:
    """Wait for what the platform told of; where it tells of nothing, the next sync shows it."""
    time.sleep(0.3)  # the platform tells a moment later
    if not look_until(lambda: not shop.rows(ASKED), SHOWN_LIMIT_S):
        action.outcome = "not shown yet"


def change(shop: Shop, chance: Random) -> None:
    """What a member's row tells changes, some of it to nothing."""
    person = shop.somebody(chance)
    changes: list[dict[str, Any]] = [
        {"tier_id": None},
        {"tier_id": GOLD},
        {"tier_id": None, "points_expire_at_us": None},
        {"first_name": chance.choice(NAMES)},
        {"first_name": "Solo", "last_name": None},
        {"referral_url": ""},
        {"dob": None},
        {"status": "guest"},
        {"status": "member"},
        {"status": "excluded"},
    ]
    fields = chance.choice(changes)
    who = (person.customer_id, person.member_id)
    with shop.journal.doing("member change", shop.name, f"set {fields}", *who):
        shop.change_member(person.member_id, **fields)


def give_up_address(shop: Shop, chance: Random) -> None:
    """A member gives an address up, and a new one joins with it."""
    person = shop.take_away(chance)
    who = (person.customer_id, person.member_id)
    with shop.journal.doing("address", shop.name, "give up an address", *who) as action:
        shop.change_member(person.member_id, email=None)
        fields = {"email": person.email, "first_name": "New", "points_tally": 7, "tier_id": None}
        member_id = str(shop.on_platform("POST", "members", fields)["id"])
        action.who |= {member_id}
        shop.note_holder(person.email, member_id)


def swap(shop: Shop, chance: Random) -> None:
    """Two members get each other's address, and so their customers each other's card."""
    with shop.lock:
        one, two = chance.sample(shop.people[:FEW], 2)
        who = (one.customer_id, one.member_id, two.customer_id, two.member_id)
        shop.moved.update((one.customer_id, two.customer_id))
        with shop.journal.doing("address", shop.name, "swap members' addresses", *who):
            emails = {ids: shop.email_of(ids) for ids in (one.member_id, two.member_id)}
            if all(emails.values()):
                for member_id, email in zip(emails, reversed(emails.values()), strict=True):
                    shop.note_holder(str(email), member_id)
                    shop.change_member(member_id, email=email)


def leave(shop: Shop, chance: Random) -> None:
    """A member is deleted; most platforms list that nowhere, so a full read finds it."""
    person = shop.take_away(chance)
    who = (person.customer_id, person.member_id)
    with shop.journal.doing("member leaves", shop.name, "delete the member", *who):
        shop.on_platform("DELETE", f"members/{person.member_id}")
        shop.left.add(person.member_id)


def date_member_ahead(shop: Shop, chance: Random) -> None:
    """The platform says that a member was updated in 2099."""
    person = shop.somebody(chance)
    who = (person.customer_id, person.member_id)
    with shop.journal.doing("date ahead", shop.name, "member of 2099", *who):
        shop.change_member(person.member_id, remote_updated_at=FUTURE)


def go_wrong(shop: Shop, chance: Random) -> None:
    """A record is at fault for a while: its card stays as it was, and nobody else's does."""
    if len(shop.broken) > 2:
        mend(shop)
        return
    person = shop.somebody(chance)
    who = (person.customer_id, person.member_id)
    with shop.journal.doing("broken record", shop.name, "an implausible balance", *who):
        points = shop.points_of(person)
        if points is None or points >= IMPLAUSIBLE:
            return
        shop.broken.append((person.member_id, {"points_tally": points}))
        shop.change_member(person.member_id, points_tally=IMPLAUSIBLE)


def mend(shop: Shop) -> None:
    """Put right what went wrong."""
    while shop.broken:
        member_id, fields = shop.broken.pop()
        with shop.journal.doing("broken record", shop.name, f"mend to {fields}", member_id):
            shop.change_member(member_id, **fields)
