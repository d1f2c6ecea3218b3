"""Files with members: whether their folder can be looked into, and what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loyalty_desk.doctor.finding import Finding, fine, trouble
from loyalty_desk.doctor.scope import Scope
from loyalty_desk.errors import MemberFileError, MemberFolderError, SettingsError
from loyalty_desk.hooks.folders import open_folder
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.sync.member_columns import read_columns
from loyalty_desk.sync.member_folder import list_folder

MEMBER_FILES: Final = "member files"


def check_member_files(scope: Scope) -> Iterator[Finding]:
    """Does the folder let us in, by the host key and the log-in that are set?"""
    wanted = [store for store in scope.stores.values() if store.member_files.folder]
    if scope.stores and not wanted:
        yield fine(MEMBER_FILES, "no store reads any")
    for store in wanted:
        yield _look_into(store)


def _look_into(store: StoreSettings) -> Finding:
    settings = store.member_files
    try:
        read_columns(settings.columns)
        dropped, left = list_folder(open_folder, settings)
    except (SettingsError, MemberFileError) as error:
        remedy = "Correct it, then look again"
        return trouble(MEMBER_FILES, str(error), remedy, store=store.name)
    except MemberFolderError as error:
        remedy = "See that its server runs, and that this machine reaches it"
        return trouble(MEMBER_FILES, str(error), remedy, store=store.name)
    what = f"{settings.folder} can be looked into: {len(dropped)} files match, {len(left)} do not"
    return fine(MEMBER_FILES, what, store=store.name)
