"""What is done once at a new Gorgias account, for the sandbox: connect, and the buttons by hand."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import islice

import requests

from loyalty_desk.staging.engine import open_engine
from loyalty_desk.tasks.connect import buttons_to_make
from sandbox.rivo.hooks import TOPICS
from scripts.agent_desk import AgentDesk
from scripts.processes import Programs
from scripts.services import STORE, Say, Services

COMMAND_LIMIT_S = 120.0
LOOKUP_LIMIT_S = 120.0
"""The lookup is answered at once; a DAG that Airflow may have yet to find writes the card."""
TICKETS_SHOWN = 12


def connect_store(programs: Programs, services: Services, token: str, say: Say) -> None:
    """Connect the store, make and adopt the buttons, register the webhooks."""
    say("connecting Gorgias: fields, integration, widgets, macros")
    run_connect(programs, services)
    agents = AgentDesk(services.sandbox["gorgias"]["url"])
    engine = open_engine(services.place.staging_url)
    buttons = buttons_to_make(engine, STORE, "gesture")
    engine.dispose()
    agents.make_buttons(buttons, services.place.airflow_url, token)
    run_connect(programs, services, "--adopt-widget", str(buttons[0].widget_id))
    register_webhooks(services.sandbox["rivo"], services.place.airflow_url, STORE)


def show_tickets(programs: Programs, services: Services) -> tuple[int, int | None]:
    """Have some customers write, so that their tickets show a card at once.

    Returns a ticket of a member and, if one is among them, that of somebody who is no member.
    Raises ProgramError when no card of a member is there in time.
    """
    agents = AgentDesk(services.sandbox["gorgias"]["url"])
    tickets = agents.newest_tickets()[:TICKETS_SHOWN]
    for ticket_id in tickets:
        agents.write_as_customer(ticket_id, "How many points do I have?")
    members = [ticket for ticket in tickets if agents.is_of_member(ticket) is True]
    others = (ticket for ticket in tickets if agents.is_of_member(ticket) is False)
    return find_members_ticket(programs, agents, members or tickets), next(others, None)


def find_members_ticket(programs: Programs, agents: AgentDesk, tickets: Sequence[int]) -> int:
    """The first of the tickets whose card has the button, which is on members' cards alone."""
    found: list[int] = []

    def has_found() -> bool:
        found.extend(islice(filter(agents.has_button, tickets), 1))
        return bool(found)

    programs.wait_until(has_found, "a ticket of a member", LOOKUP_LIMIT_S)
    return found[0]


def run_connect(programs: Programs, services: Services, *options: str) -> None:
    """Run the command as an engineer would; raises ProgramError with the log when it fails."""
    command: Sequence[str] = (
        *(sys.executable, "-m", "loyalty_desk", "connect", "--store", STORE, "--by", "make up"),
        *options,
    )
    program = programs.start("connect", command, services.environment)
    programs.wait_for_end(program, COMMAND_LIMIT_S)


def register_webhooks(rivo: Mapping[str, str], airflow_url: str, store: str) -> None:
    """Have the sandbox's Rivo tell a store's webhook endpoint of each change."""
    target = f"{airflow_url}/loyalty/api/v1/webhooks/rivo/{store}"
    with requests.Session() as session:
        session.trust_env = False
        for event_type in TOPICS:
            answer = session.post(
                f"{rivo['url']}/webhooks",
                data={"event_type": event_type, "url": target},
                headers={"Authorization": rivo["api_key"]},
                timeout=20,
            )
            answer.raise_for_status()
