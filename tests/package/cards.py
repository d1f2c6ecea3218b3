"""Whether every customer in a sandbox holds the card that is worked out for it by other means.

`python -m tests.package.cards '<the sandbox's ready line>'` prints how many hold one.
"""

from __future__ import annotations

import json
import sys

from sandbox.running import Sandbox
from tests.flow.lists import all_tickets, answers_of, survivors_of_merges
from tests.oracle.cards import shown_cards
from tests.oracle.oracle import expected_cards


def main(ready: str) -> int:
    sandbox = Sandbox(json.loads(ready), 0)
    customers = sandbox.control("gorgias", "GET", "customers?limit=100000")["data"]
    answers, tickets = answers_of(sandbox, "rivo"), all_tickets(sandbox)
    expected = expected_cards(answers, customers, tickets, survivors_of_merges(sandbox))
    shown = shown_cards(customers)
    wrong = {one for one in expected.keys() | shown.keys() if expected.get(one) != shown.get(one)}
    print(len(shown), "cards,", len(wrong), "of them wrong")
    return int(bool(wrong) or not shown)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
