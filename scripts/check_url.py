"""Health check of a container: its page answers, and does not say that the database is lost.

Only the standard library: it runs every half minute, and importing Airflow takes seconds.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request

TIMEOUT_S = 8


def main() -> int:
    url = sys.argv[1]
    if not url.startswith("http://127.0.0.1:"):
        print("only addresses of this machine are checked", file=sys.stderr)
        return 2
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - http, see above
            content = answer.read()
    except (urllib.error.URLError, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 1
    # The scheduler says all with its status code and answers with an empty page.
    parts = json.loads(content) if content.startswith(b"{") else {}
    # The other parts that the page names are other containers, with checks of their own.
    return 1 if parts.get("metadatabase", {}).get("status") == "unhealthy" else 0


if __name__ == "__main__":
    sys.exit(main())
