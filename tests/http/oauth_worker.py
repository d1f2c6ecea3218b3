"""A process that asks Gorgias again and again as an OAuth2 app, beside others that do the same.

`python -m tests.http.oauth_worker SECONDS` ends by itself, and prints how often it was answered.
"""

from __future__ import annotations

import sys
import time

from loyalty_desk.hooks.connections import gorgias_client
from loyalty_desk.settings.sections import BudgetSettings
from loyalty_desk.staging.installed import staging_engine
from tests.factories import store_settings


def main(seconds: float) -> None:
    store = store_settings(budget=BudgetSettings(share=1.0))
    client = gorgias_client(store, staging_engine())
    client.get_account()
    print("began", flush=True)
    ends, answered = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        client.get_account()
        answered += 1
    print(answered)


if __name__ == "__main__":
    main(float(sys.argv[1]))
