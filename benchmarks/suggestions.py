"""How good suggestions are, and how long a million members take.

**Quality**, on the labelled set at the default threshold, counting the surest of each customer.
Precision: of those suggested, how many are right. Recall: of those who are a member, how many were
suggested rightly.

**Scale**: a million members and customers in staging, matched; 20,000 of the customers without a
member wrote. A tenth each of them has the shop's id, an address with a slip in the domain, and the
same name at an address with another provider; the others are namesakes with an address of the name.
The suggestions are made in a process of its own, whose memory counts, and then held against who
they are: NotMeasuredError, where those told by an id or a slip are not all found, or more than a
fiftieth of all is wrong. `suggestion_compared` is how many pairs of one name had their addresses
compared in that time.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Collection, Iterator
from multiprocessing import get_context
from multiprocessing.queues import Queue
from typing import Any

from benchmarks import crowd
from benchmarks.budget import staging_database
from benchmarks.labelled import labelled
from loyalty_desk.mismatches.email_slips import Domains
from loyalty_desk.mismatches.suggest import count_domains, suggest
from loyalty_desk.settings.sections import MismatchSettings
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import open_engine

PRECISION, PRECISION_GOAL = "suggestion_precision", 0.98
RECALL, RECALL_GOAL = "suggestion_recall", 0.9
SECONDS, MOST_S = "suggestion_seconds", 60.0
LEAST_COMPARED = 10_000
MEMORY, MOST_MIB = "suggestion_peak_mib", 400.0
STORE = StoreSettings.model_validate({"name": "acme", "platform": "rivo"})


def figures(only: Collection[str] = (), *, rows: int) -> Iterator[dict[str, Any]]:
    """Yield quality once and scale a database; `only` names figures or databases, empty is all."""
    databases = [name for name in ("sqlite", "postgresql") if name in only]
    if not databases:
        yield from _quality()
    for database in databases or ("sqlite", "postgresql"):
        with staging_database(database) as url:
            engine = open_engine(url)
            shop = crowd.fill(engine, STORE, rows)
            engine.dispose()
            seconds, peak_mib, count = _measure(url)
            engine = open_engine(url)
            shop.check(engine, STORE, MismatchSettings().min_score)
            engine.dispose()
        yield _at_most(SECONDS, database, seconds, "s", MOST_S)
        yield _at_most(MEMORY, database, peak_mib, "MiB", MOST_MIB)
        yield {"figure": "suggestion_compared", "database": database, "value": shop.compared,
               "unit": "pairs", "goal": f">= {LEAST_COMPARED}",
               "ok": shop.compared >= LEAST_COMPARED}  # fmt: skip
        yield {"figure": "suggestions", "database": database, "value": count, "unit": "pairs",
               "goal": "", "ok": True}  # fmt: skip


def measure(threshold: float, seed: int = 1) -> tuple[float, float]:
    """Precision and recall at a threshold."""
    made = labelled(seed)
    keys = [one.email_key for one in (*made.customers, *made.members) if one.email_key]
    first: dict[str, str] = {}
    for one in suggest(made.customers, made.members, Domains(count_domains(keys))):
        if one.score >= threshold:
            first.setdefault(one.customer_id, one.member_id)
    right = sum(made.right.get(customer) == member for customer, member in first.items())
    return right / len(first), right / len(made.right)


def _quality() -> Iterator[dict[str, Any]]:
    precision, recall = measure(MismatchSettings().min_score)
    for name, value, goal in (
        (PRECISION, precision, PRECISION_GOAL),
        (RECALL, recall, RECALL_GOAL),
    ):
        yield {
            "figure": name,
            "value": round(value, 4),
            "unit": "share",
            "goal": f">= {goal:g}",
            "ok": value >= goal,
        }


def _at_most(name: str, database: str, value: float, unit: str, most: float) -> dict[str, Any]:
    return {
        "figure": name,
        "database": database,
        "value": round(value, 1),
        "unit": unit,
        "goal": f"<= {most:g}",
        "ok": value <= most,
    }


def _measure(url: str) -> tuple[float, float, int]:
    """Seconds, peak MiB and number of suggestions."""
    context = get_context("spawn")
    told: Queue[tuple[float, float, int]] = context.Queue()
    process = context.Process(target=_suggest, args=(url, told))
    process.start()
    result = told.get()
    process.join()
    return result


def _suggest(url: str, told: Queue[tuple[float, float, int]]) -> None:
    from loyalty_desk.mismatches.suggestions import suggest_members  # noqa: PLC0415 - in its process only

    engine = open_engine(url)
    began = time.monotonic()
    count = suggest_members(engine, STORE.name)
    seconds = time.monotonic() - began
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told.put((seconds, peak_kib / 1024, count))
