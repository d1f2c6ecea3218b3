"""Whatever happens between two stages of a sync, the sync is green and all comes right."""

from __future__ import annotations

import pytest

from loyalty_desk.connect.disconnect import Waiting
from loyalty_desk.errors import StoreBusyError
from loyalty_desk.privacy.person import Who
from loyalty_desk.tasks import awards, connect, erase, retention
from tests.factories import STORE
from tests.meeting.shop import (
    ADA,
    GRACE,
    HOPE,
    IVY,
    JOAN,
    JOAN_AT_WORK,
    MOMENTS,
    Deed,
    Shop,
)


def award(shop: Shop) -> None:
    form = {"email": ADA, "amount": "1", "reason": "gesture"}
    awards.queue_from_form(STORE, form, f"award-{shop.runs}", "an agent")
    assert awards.apply_awards(STORE) == {"applied": 1}
    assert awards.show_awards(STORE) <= 1


def webhooks(shop: Shop) -> None:
    """Of a planned card, a new balance, another address, an exclusion and a new member."""
    shop.change_member(GRACE, points_tally=9000 + shop.runs)
    shop.change_member(HOPE, email=f"hope.{shop.runs}@shop.example")
    shop.change_member(IVY, status="excluded")
    shop.webhook(ADA, GRACE, HOPE, IVY, shop.add_newcomer())


def lookups(shop: Shop) -> None:
    """Of a planned card, a new balance, a member who moved away, and a new one."""
    shop.look_up(ADA)
    shop.change_member(GRACE, points_tally=9000 + shop.runs)
    assert shop.look_up(GRACE)["points_balance"] == 9000 + shop.runs
    shop.change_member(HOPE, email=f"hope.{shop.runs}@shop.example")
    assert shop.look_up(HOPE)["status"] == "customer_not_found"
    assert shop.look_up(shop.add_newcomer())["points_balance"] == 0


def decisions(shop: Shop) -> None:
    """To link, to undo, to replace and to refuse."""
    shop.undo(shop.link(GRACE, ADA))
    shop.link(JOAN, IVY)
    shop.link(HOPE, ADA)
    shop.unlink(JOAN)
    shop.refuse(GRACE, JOAN_AT_WORK)


def administration(shop: Shop) -> None:
    """Connecting and housekeeping go on; disconnecting and erasing have to wait, and say so."""
    connect.furnish(STORE, writes=True, by="a manager")
    retention.keep_house(STORE)
    with pytest.raises(StoreBusyError, match="is being synced"):
        connect.close(STORE, waiting=Waiting.PARK, by="a manager")
    with pytest.raises(StoreBusyError, match=f"is being synced by run run-{shop.runs}"):
        erase.erase(STORE, Who(email=ADA))


DEEDS = (award, webhooks, lookups, decisions, administration)


@pytest.mark.parametrize("after", MOMENTS)
@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_what_others_do_during_a_sync_makes_it_neither_red_nor_wrong(
    shop: Shop, deed: Deed, after: str
) -> None:
    shop.sync({after: deed})
    shop.settle()
