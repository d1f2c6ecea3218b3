"""Finds the class of a platform by its name in stores.yaml: ours, or one that was added."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from loyalty_desk.errors import SettingsError
from loyalty_desk.platforms.base import Platform
from loyalty_desk.records import Unit
from loyalty_desk.settings.stores_file import StoreSettings, known_platforms


@cache
def platform_class(name: str) -> type[Platform]:
    """The class of a platform; raises SettingsError when there is none, or it cannot be loaded."""
    place = known_platforms().get(name)
    if place is None:
        raise SettingsError(f"no platform {name!r}; known are {', '.join(known_platforms())}")
    module_name, _, class_name = place.partition(":")
    try:
        found = getattr(import_module(module_name), class_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsError(f"platform {name!r}: {place} cannot be loaded: {error}") from error
    if not (isinstance(found, type) and issubclass(found, Platform)):
        raise SettingsError(f"platform {name!r}: {place} is no class that extends Platform")
    return found


def award_units(store: StoreSettings) -> frozenset[Unit]:
    """What can be awarded on the store's platform."""
    return platform_class(store.platform).units
