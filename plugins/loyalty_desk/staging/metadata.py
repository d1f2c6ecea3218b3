"""What every staging table is made with: the metadata they belong to, and options of storage."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import MetaData

METADATA = MetaData()

# SQLite keeps such a table in the order of its key, instead of a second copy of the key beside it.
# For narrow tables, and for those whose rows come in the order of the key.
CLUSTERED: Final[dict[str, Any]] = {"sqlite_with_rowid": False}
