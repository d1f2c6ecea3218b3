"""What is looked at: the stores, and what several checks ask once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy import Engine

from loyalty_desk.doctor.asked import AskedAddress, ask_address
from loyalty_desk.errors import SettingsError, StagingUnavailableError
from loyalty_desk.hooks.trying import Tried, try_gorgias, try_platform
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.settings.stores_file import StoreSettings, StoresFile, installation
from loyalty_desk.staging.engine import Standing, open_engine, tables_stand


@dataclass
class Scope:
    """`wanted` is the one store that a person asked for, or None for all."""

    file: StoresFile
    wanted: str | None = None
    away: StagingUnavailableError | None = None
    """Why the staging database cannot be reached, once that is known: each try takes seconds."""
    _tried: dict[tuple[str, str], Tried] = field(default_factory=dict)

    @property
    def stores(self) -> Mapping[str, StoreSettings]:
        """The stores that are looked at; those with a mistake in their settings are not there."""
        found = self.file.stores
        return {name: one for name, one in found.items() if self.wanted in {None, name}}

    @cached_property
    def engine(self) -> Engine:
        """The staging database, in whatever state it is.

        Raises:
            SettingsError, StagingUnavailableError: it cannot be opened.
        """
        if self.away is not None:
            raise self.away
        try:
            return open_engine(installation().resolved_staging_url())
        except StagingUnavailableError as error:
            self.away = error
            raise

    @property
    def migrated(self) -> Engine:
        """The staging database with the tables of this version; raises as `engine` does, and
        SettingsError where it has others.
        """
        standing, _ = tables_stand(self.engine)
        if standing is not Standing.CURRENT:
            raise SettingsError("the staging database has not the tables of this version")
        return self.engine

    @cached_property
    def asked_address(self) -> AskedAddress:
        """What answered at the public address; raises SettingsError where none is set."""
        return ask_address(lambda: self.migrated)

    def try_gorgias(self, store: StoreSettings) -> Tried:
        """Try the connection, once for all stores that share it."""
        key = ("gorgias", store.gorgias_conn_id)
        if key not in self._tried:
            self._tried[key] = try_gorgias(store.gorgias_conn_id)
        return self._tried[key]

    def try_platform(self, store: StoreSettings) -> Tried:
        """The same for the platform's."""
        key = (store.platform, store.platform_conn_id)
        if key not in self._tried:
            self._tried[key] = try_platform(store.platform_conn_id, platform_class(store.platform))
        return self._tried[key]

    def close(self) -> None:
        if "engine" in self.__dict__:
            self.engine.dispose()
