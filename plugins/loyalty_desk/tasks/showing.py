"""How the reports of a store show what they name."""

from __future__ import annotations

from loyalty_desk.hooks.account_zones import zone_of
from loyalty_desk.hooks.elsewhere import elsewhere_of
from loyalty_desk.report.shown import Shown
from loyalty_desk.settings.stores_file import StoreSettings


def shown_of(store: StoreSettings) -> Shown:
    """By what its connections and its account's time zone are now."""
    return Shown(elsewhere=elsewhere_of(store), zone=zone_of(store))
