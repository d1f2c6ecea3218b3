"""Any two that may act on one person, in both orders: all comes right, or is clearly refused."""

from __future__ import annotations

from itertools import permutations

import pytest

from loyalty_desk.connect.disconnect import Waiting
from loyalty_desk.errors import LoyaltyDeskError, PermanentError, StoreDisconnectedError
from loyalty_desk.privacy.person import Who
from loyalty_desk.staging import schema
from loyalty_desk.tasks import awards, connect, erase
from tests.factories import STORE
from tests.meeting.shop import ADA, GRACE, Deed, Shop


def award(shop: Shop) -> None:
    form = {"email": ADA, "amount": "1", "reason": "gesture"}
    awards.queue_from_form(STORE, form, f"award-{shop.runs}", "an agent")
    awards.apply_awards(STORE)
    awards.show_awards(STORE)


def webhook(shop: Shop) -> None:
    shop.change_member(ADA, points_tally=7000 + shop.runs)
    shop.webhook(ADA)


def lookup(shop: Shop) -> None:
    shop.change_member(ADA, points_tally=8000 + shop.runs)
    shop.look_up(ADA)


def sync(shop: Shop) -> None:
    shop.change_member(ADA, points_tally=9000 + shop.runs)
    shop.sync()


def disconnecting(_: Shop) -> None:
    connect.close(STORE, waiting=Waiting.PARK, by="a manager")
    connect.remove_shown(STORE)
    connect.clear_cards(STORE)
    connect.finish(STORE, by="a manager", cards_stay=False)


def erasing(shop: Shop) -> None:
    pairs = (schema.links, schema.matches)  # who is paired with a member is one person with it
    shop.erased |= {ADA, *(who for by in pairs for who in shop.paired_with(ADA, by))}
    erase.erase(STORE, Who(email=ADA))


def link(shop: Shop) -> None:
    shop.link(GRACE, ADA)


ACTS = (award, webhook, lookup, sync, disconnecting, erasing, link)
"""What touches a customer. Connecting and housekeeping do not; they are in the other table."""
WORKS = {award, webhook, lookup, sync}
"""What a store out of service refuses."""


def refusal(first: Deed, second: Deed) -> type[LoyaltyDeskError] | None:
    """How the second of two is refused."""
    if first is disconnecting and second in WORKS:
        return StoreDisconnectedError
    if first is erasing and second is link:
        return PermanentError
    return None


@pytest.mark.parametrize(
    ("first", "second"),
    list(permutations(ACTS, 2)),
    ids=lambda act: act.__name__,
)
def test_two_that_act_on_one_person_leave_everything_right(
    shop: Shop, first: Deed, second: Deed
) -> None:
    first(shop)
    refused = refusal(first, second)
    if refused is None:
        second(shop)
    else:
        with pytest.raises(refused):
            second(shop)

    if disconnecting in (first, second):
        connect.furnish(STORE, writes=True, by="a manager")
    shop.sync()
    shop.settle()
