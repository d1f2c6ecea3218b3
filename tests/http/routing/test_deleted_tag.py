"""The store's tag is deleted in Gorgias' settings: after connect, VIPs have it again."""

from __future__ import annotations

from pathlib import Path

from loyalty_desk.__main__ import main
from tests.factories import STORE
from tests.http.routing.helpdesk import TAG, Helpdesk, running_helpdesk


def delete_tag(helpdesk: Helpdesk) -> None:
    held = helpdesk.api("GET", "tags?limit=100")["data"]
    tag_id = next(tag["id"] for tag in held if tag["name"] == TAG)
    helpdesk.api("DELETE", f"tags/{tag_id}")


def test_open_tickets_of_vips_have_a_tag_again_that_somebody_deleted(tmp_path: Path) -> None:
    with running_helpdesk(tmp_path) as helpdesk:
        email = "vip@shop.example"
        helpdesk.add_member(email, 5000)
        tickets = [helpdesk.write(email) for _ in range(3)]
        for ticket_id in tickets:
            helpdesk.expect(ticket_id, {TAG}, "high")
        taken_off = tickets.pop()
        helpdesk.api("DELETE", f"tickets/{taken_off}/tags", {"names": [TAG]})
        helpdesk.settle()
        helpdesk.sync()

        delete_tag(helpdesk)
        assert main(["sync", "--store", STORE, "--full-resync"]) == 0
        tickets.append(helpdesk.write(email))
        helpdesk.expect(tickets[-1], set(), "high")
        helpdesk.settle()
        tickets.append(helpdesk.write(email, priority="critical"))
        helpdesk.settle()
        helpdesk.sync()
        assert main(["connect", "--store", STORE]) == 0
        helpdesk.settle()
        helpdesk.sync()

        shown = [helpdesk.shown(ticket_id) for ticket_id in tickets]
        assert shown == [({TAG}, "high")] * 3 + [({TAG}, "critical")]
        assert helpdesk.shown(taken_off) == (set(), "high")
