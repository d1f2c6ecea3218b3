"""What people work with beside tickets: views, teams, rules, jobs and surveys, some from the start.

Rules and jobs are kept and do nothing: no job runs here, so one stays as it was until cancelled.
"""

from typing import Any

from sandbox.clock import DAY_US, iso_offset
from sandbox.gorgias.access import AGENT_ID
from sandbox.gorgias.customer_rows import customer_id_of
from sandbox.gorgias.desk import Shelf
from sandbox.gorgias.ticket_store import FIRST_TICKET_ID, Tickets
from sandbox.ground import Ground
from sandbox.mixing import mix

Item = dict[str, Any]
SURVEYED_EVERY, MOST_SURVEYS = 7, 200
VIEW: Item = {
    "name": None, "slug": None, "category": "user", "type": "ticket-list", "filters": "",
    "fields": [], "order_by": "updated_datetime", "order_dir": "desc", "visibility": "public",
    "shared_with_users": [], "shared_with_teams": [], "search": None, "decoration": None,
    "display_order": 0, "section_id": None, "deactivated_datetime": None,
}  # fmt: skip
TEAM: Item = {"name": None, "description": None, "decoration": None, "members": []}
RULE: Item = {
    "name": None, "description": None, "code": "", "event_types": "ticket-created",
    "priority": 1, "type": "user", "deactivated_datetime": None,
}  # fmt: skip
JOB: Item = {"type": None, "params": None, "meta": None, "scheduled_datetime": None}
JOB_MOMENTS = ("started", "ended", "failed", "locked", "cancel_requested", "cancelled")
SURVEY: Item = {
    "ticket_id": None, "customer_id": None, "score": None, "body_text": None, "meta": None,
    "should_send_datetime": None, "sent_datetime": None, "scored_datetime": None,
}  # fmt: skip


class Work:
    """The shelves of one account, with what is on them from the start."""

    def __init__(self, ground: Ground, tickets: Tickets) -> None:
        self._ground = ground
        self.views, self.teams, self.rules = Shelf(900), Shelf(20), Shelf(60)
        self.jobs, self.surveys = Shelf(1_200), Shelf(7_000)
        long_ago = iso_offset(ground.clock.base_us - 300 * DAY_US)
        stamps = {"created_datetime": long_ago, "updated_datetime": long_ago}
        for name, type_, filters in (
            ("All", "ticket-list", ""),
            ("Open", "ticket-list", "eq(ticket.status, 'open')"),
            ("Customers", "customer-list", ""),
        ):
            view = {"name": name, "slug": name.lower(), "type": type_, "filters": filters}
            self._put(self.views, "views", VIEW | view | {"category": "system"} | stamps)
        for name in ("Support", "Returns"):
            team = {"name": name, "members": [{"id": AGENT_ID, "name": "Olga Ops"}]}
            self._put(self.teams, "teams", TEAM | team | stamps)
        rule = {"name": "Close thanks", "code": "if (eq(message.intents, 'other/thanks')) { }"}
        self._put(self.rules, "rules", RULE | rule | stamps)
        job = {"type": "exportTicket", "params": {}, "status": "done", "user_id": AGENT_ID}
        moments = dict.fromkeys(f"{name}_datetime" for name in JOB_MOMENTS)
        ended = {"ended_datetime": long_ago, "created_datetime": long_ago, "info": None}
        self._put(self.jobs, "jobs", JOB | job | moments | ended)
        for row in range(0, tickets.generated, SURVEYED_EVERY)[:MOST_SURVEYS]:
            self._add_survey(tickets, row)

    def _add_survey(self, tickets: Tickets, row: int) -> None:
        customer_row = tickets.customer_row(row)
        if customer_row is None:
            return
        sent_us = tickets.by_updated.stamp(row)
        score = mix(self._ground.seed, 47, row) % 6 or None
        sent = iso_offset(sent_us)
        survey = {
            "ticket_id": FIRST_TICKET_ID + row,
            "customer_id": customer_id_of(customer_row),
            "score": score,
            "should_send_datetime": sent,
            "sent_datetime": sent,
            "scored_datetime": sent if score else None,
            "created_datetime": sent,
        }
        self._put(self.surveys, "satisfaction-surveys", SURVEY | survey)

    @staticmethod
    def _put(shelf: Shelf, path: str, content: Item) -> None:
        stored = shelf.add(content)
        stored["uri"] = f"/api/{path}/{stored['id']}/"
