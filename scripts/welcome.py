"""What `make up` tells its user: how fast Gorgias is, where everything is, what to try first."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from scripts.services import ADMIN, STORE, SandboxSize, Services

PACES: Final = MappingProxyType({"quick": 20.0, "real": 1.0})
"""How many times the requests of a real account the sandbox's Gorgias lets in."""
REAL_REQUESTS, REAL_WINDOW_S = 40, 20
OUR_SHARE = 0.95
"""Of the requests; as in include/stores.yaml."""
MATCHED = 0.84
"""Of the sandbox's customers: who gets a card in a first sync."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSteps:
    """What was made ready: a member's ticket, and one of somebody who is no member, if any."""

    ticket_id: int
    other_ticket_id: int | None
    token: str


def minutes_of_pushing(size: SandboxSize, allowance: float) -> float:
    """How long the first sync's writes take at least: a card is a request."""
    rate_per_s = REAL_REQUESTS / REAL_WINDOW_S * OUR_SHARE * allowance * size.speed
    return size.customers * MATCHED / rate_per_s / 60


def describe_pace(name: str, size: SandboxSize) -> str:
    """Which pace this is, what is not real about it, and what a real account takes."""
    real = f"{REAL_REQUESTS} requests in {REAL_WINDOW_S} s"
    minutes = f"about {max(1, round(minutes_of_pushing(size, PACES['real'])))} minutes"
    if name == "real":
        return (
            f"pace real: Gorgias lets in {real}, as a real account with an API key does, and a card"
            f"\n  is a request: the first sync takes {minutes}"
        )
    return (
        f"pace {name}: this Gorgias lets in {PACES[name]:g} times the requests of a real account,"
        f" and all else is as real;\n  a real one lets in {real}, and a card is a request:"
        f' there this sync takes\n  {minutes}, as with make up ARGS="--pace real"'
    )


def describe(services: Services, steps: FirstSteps, pace: str) -> str:
    """All that is said once everything is up."""
    place, gorgias = services.place, services.sandbox["gorgias"]["url"]
    rivo = services.sandbox["rivo"]["url"]
    other = (
        f"  another   {gorgias}/app/ticket/{steps.other_ticket_id} (of somebody who is no member)\n"
        if steps.other_ticket_id
        else ""
    )
    return (
        f"Loyalty Desk is up; Ctrl-C stops it. Try first:\n\n"
        f"  agent     add points beside a member's card  {gorgias}/app/ticket/{steps.ticket_id}\n"
        f"  manager   see who was not matched, and why   {place.airflow_url}/plugin/loyalty-desk\n"
        f"  engineer  watch the first sync               "
        f"{place.airflow_url}/dags/loyalty_sync__{STORE}\n\n"
        f"  login     {ADMIN}\n"
        f"  password  {place.password}\n"
        f"  Airflow   {place.airflow_url}\n"
        f"{other}"
        f"  sandbox   Gorgias {gorgias}, Rivo {rivo}\n"
        f"  awards    {place.airflow_url}/loyalty/api/v1/awards\n"
        f"  token     {steps.token}\n"
        f"  logs      {place.log_dir}\n\n"
        f"{pace}\n"
    )
