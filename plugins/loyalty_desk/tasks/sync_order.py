"""The order of a sync's stages: the DAG is made from it, and the command line goes by it.

Light to import, as every DAG parse does.
"""

from __future__ import annotations

from typing import Final

SYNC_ORDER: Final = (
    ("extract_members", "extract_customers", "extract_tickets"),
    ("look_up_channels",),
    ("check_extracts",),
    ("match",),
    ("check_match",),
    ("plan",),
    ("check_plan",),
    ("push",),
    ("read_back",),
    ("check_push",),
)
"""Between `start` and `report`: groups one after another, a group's stages in any order or at once.

`STAGES` in `tasks/sync.py` says what each name does.
"""

NOTE: Final = "note"
"""The XCom of `start` and `report` whose newest value becomes the note of the DAG run."""
