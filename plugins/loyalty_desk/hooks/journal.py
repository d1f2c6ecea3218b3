"""The journal of this installation, in the folder that `LOYALTY_DESK_VAR_DIR` names."""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import SettingsError, StagingUnavailableError, StorageError
from loyalty_desk.folders import Folder
from loyalty_desk.hooks.folders import own_folder
from loyalty_desk.staging.journal_folder import JournalAheadError, keep_in_folder

log = logging.getLogger(__name__)

AWAY: Final = (OSError, SettingsError, StorageError)
"""Why the folder cannot be used now; what is to be kept waits in staging."""


def journal_folder() -> Folder:
    """The folder of the journals. Raises as `own_folder`."""
    return own_folder("journal")


def keep_journal(engine: Engine) -> None:
    """Keep in the folder what waits for it; where that is away or hangs, it goes on waiting.

    Raises:
        JournalAheadError: the database was restored and has not caught up; nothing was kept.
    """
    try:
        keep_in_folder(engine, journal_folder(), utc_now())
    except AWAY as error:
        log.warning("the journal waits in staging, as its folder cannot be written: %s", error)


def try_to_keep_journal(engine: Engine) -> None:
    """The same for after something was done, which stays done."""
    try:
        keep_journal(engine)
    except JournalAheadError as error:
        log.error("%s. %s", error, error.what_to_do)
    except (DBAPIError, StagingUnavailableError) as error:  # a sync holds the file, say
        log.warning("the journal waits in staging (%s)", type(error).__name__)
