"""Tickets after an incident, with people of every fate behind them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from loyalty_desk.awards.incidents.asking import Asked, ask
from loyalty_desk.awards.incidents.choice import Incident, read_incident
from loyalty_desk.awards.incidents.preview import Preview, look
from loyalty_desk.awards.incidents.tickets import ChosenTickets, choose_staged
from loyalty_desk.records import Unit
from loyalty_desk.staging.engine import reading
from tests.factories import NOW, STORE, store_settings
from tests.sql.staged import Staged, match

LATE = '["late","other"]'
TICKETS = 12
"""Of which so many have the tag."""


def incident(**fields: Any) -> Incident:
    told = {"incident": "parcels", "tag": "late", "amount": "100", "reason": "late_delivery"}
    settings = store_settings().awards
    return read_incident({**told, **fields}, settings, tuple(Unit), agent="ada", time_zone="UTC")


def fill(staging: Engine) -> None:
    """Two members with three tickets each, one with two customers, and one of each other class."""
    with staging.begin() as connection:
        staged = Staged(connection)
        ticket_id = 0

        def wrote(customer_id: int, count: int = 1) -> None:
            nonlocal ticket_id
            for _ in range(count):
                ticket_id += 1
                staged.ticket(
                    ticket_id,
                    customer_id,
                    tags=LATE,
                    channel="email" if customer_id < 3 else "chat",
                    created_at_utc=f"2026-03-01T00:00:{ticket_id:02}.000000Z",
                )

        for number in (1, 2):
            staged.member(f"m{number}", f"p{number}@shop.example")
            staged.customer(number, f"p{number}@shop.example")
            wrote(number, 3)
        staged.customer(3, "p2@shop.example")
        wrote(3)
        staged.customer(4, "nobody@shop.example")
        wrote(4)
        for member_id in ("m5", "m6"):
            staged.member(member_id, "twin@shop.example")
        staged.customer(5, "twin@shop.example")
        wrote(5)
        staged.member("m7", "out@shop.example", status="excluded")
        staged.customer(7, "out@shop.example")
        wrote(7)
        staged.customer(8, "gone@shop.example", gone_at_utc="2026-03-01T00:00:00.000000Z")
        wrote(8)
        wrote(9)  # whom no sync has read
        staged.ticket(90, 1, tags='["later"]', channel="email")
        staged.ticket(91, 1, tags=None)
        staged.ticket(92, 1, tags='["Late"]')
        match(staged)


def chosen(staging: Engine, wanted: Incident | None = None) -> ChosenTickets:
    return choose_staged(staging, STORE, (wanted or incident()).choice)


def preview(staging: Engine, wanted: Incident | None = None, **awards: Any) -> Preview:
    wanted = wanted or incident()
    store = store_settings(awards=awards)
    with reading(staging) as connection:
        return look(connection, store, wanted, chosen(staging, wanted), NOW)


def ask_for(
    staging: Engine, wanted: Incident | None = None, *, now: Any = NOW, **options: Any
) -> Asked:
    wanted = wanted or incident()
    store = store_settings(awards=options.pop("awards", {}))
    return ask(staging, store, wanted, chosen(staging, wanted), now, **options)
