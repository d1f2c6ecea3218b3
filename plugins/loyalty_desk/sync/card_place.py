"""Two stores may share a Gorgias account, but not the key that their cards stand under there."""

from __future__ import annotations

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import SettingsError
from loyalty_desk.settings.stores_file import StoreSettings, stores_file
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, keep_state


def claim_card_place(engine: Engine, store: StoreSettings, account: str) -> None:
    """Remember where the store writes its cards.

    Raises:
        SettingsError: another store of the stores file writes there too, so that each run would
            overwrite what the other one wrote.
    """
    place = " ".join((account, store.gorgias.app_id or "", store.gorgias.card_key))
    with engine.begin() as connection:
        keep_state(connection, store.name, StateKey.CARD_PLACE, place, utc_now())
        binds = {"store": store.name, "place": place}
        others = connection.execute(statement("run/select_stores_at_place"), binds).scalars()
        taken = [name for name in others if name in stores_file().stores]
    if taken:
        raise SettingsError(
            f"store {store.name} and store {', '.join(taken)} write their cards to the same Gorgias"
            f" account under {store.gorgias.card_key!r}: give each its own gorgias.card_key"
        )
