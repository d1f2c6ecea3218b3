"""Which DAGs of a store are paused, or not known to Airflow: for the desk's first pages."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from loyalty_desk.connect.families import dag_ids, when_paused
from loyalty_desk.first_steps.step import Button, unpause
from loyalty_desk.hooks.dag_switches import Switch, find_switches
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.store_state import StateKey, find_state


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """The DAGs of a store that do nothing, each with what does not happen for it.

    `is_told` is False where Airflow's database could not be asked.
    """

    store: str
    paused: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    is_told: bool = True

    @property
    def is_trouble(self) -> bool:
        return bool(self.paused or self.unknown or not self.is_told)

    @property
    def button(self) -> Button:
        return unpause([dag_id for dag_id, _ in self.paused], "Switch on")


def load_switches(connection: Connection, store: StoreSettings) -> Switches:
    """Look; a store that was disconnected on purpose has nothing to be told of."""
    if find_state(connection, store.name, StateKey.DISCONNECTED) is not None:
        return Switches(store=store.name)
    found = find_switches(dag_ids(store.name))
    if found is None:
        return Switches(store=store.name, is_told=False)
    return Switches(
        store=store.name,
        paused=tuple(
            (dag_id, when_paused(dag_id))
            for dag_id, switch in found.items()
            if switch is Switch.PAUSED
        ),
        unknown=tuple(dag_id for dag_id, switch in found.items() if switch is Switch.UNKNOWN),
    )
