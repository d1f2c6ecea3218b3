"""Why a platform that was asked told nothing, in words for an agent. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Problem(StrEnum):
    """Why the platform told nothing."""

    TELLS_NONE = "tells_none"
    AWAY = "away"
    SLOW = "slow"
    BUSY = "busy"
    CONNECTION = "connection"
    CHANGED = "changed"
    ANOTHERS = "anothers"
    SHARED = "shared"
    UNREADABLE = "unreadable"


PROBLEMS: Final[Mapping[Problem, str]] = {
    Problem.TELLS_NONE: "This programme does not tell how balances move.",
    Problem.AWAY: "The programme does not answer now. Try again in a minute.",
    Problem.SLOW: "The programme is slow now and did not answer in time. Try again in a minute.",
    Problem.BUSY: "Others are asking the programme at this moment. Try again in a few seconds.",
    Problem.CONNECTION: "The programme refuses our key, or its connection is not set up. Whoever"
    " runs this has to correct it.",
    Problem.CHANGED: "The store moves to another programme, and its members were not read there"
    " yet.",
    Problem.ANOTHERS: "The programme does not know this member any more, or answered about somebody"
    " else, as after a merge.",
    Problem.SHARED: "Several members have this address, so it is not clear who is meant.",
    Problem.UNREADABLE: "The programme answered with something that cannot be read.",
}
"""Why the platform told nothing, and what to do."""
