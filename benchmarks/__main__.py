"""Measure, and print one line of JSON for each figure: `python -m benchmarks [--only NAME ...]`.

Ends with 1 when a figure misses its goal.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugins"))

INFORMATION = "none, it is information"


def main() -> int:
    """Print the figures as they come, and say of those without a goal that they are information."""
    from benchmarks import (  # noqa: PLC0415 - they need the path from above
        audience,
        awards,
        budget,
        cluster,
        desk,
        incident,
        lookup,
        overhead,
        reconcile,
        sizing,
        stores,
        suggestions,
    )

    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only",
        nargs="*",
        default=[],
        metavar="NAME",
        help="figures and databases to measure; a family is all figures that begin so:"
        " award, budget, cluster, desk, incident, lookup, reconcile, recovery, sizing, stores,"
        " suggestion, sync",
    )
    parser.add_argument(
        "--rows", type=int, default=reconcile.ROWS, help="members, and customers, to reconcile"
    )
    parser.add_argument(
        "--repeat", type=int, default=1, help="measure so often and take the fastest (busy machine)"
    )
    arguments = parser.parse_args()
    names = set(arguments.only) - set(reconcile.DATABASES)
    met = True
    for family, figures in (
        ("reconcile", partial(reconcile.figures, rows=arguments.rows, repeat=arguments.repeat)),
        ("budget", budget.figures),
        ("budget", audience.figures),
        ("award", awards.figures),
        ("lookup", partial(lookup.figures, rows=arguments.rows)),
        ("desk", partial(desk.figures, rows=arguments.rows)),
        ("incident", partial(incident.figures, rows=arguments.rows)),
        ("stores", stores.figures),
        ("cluster", cluster.scaling),
        ("recovery", cluster.recovery),
        ("sizing", sizing.figures),
        ("sync", partial(overhead.figures, rows=arguments.rows)),
        ("suggestion", partial(suggestions.figures, rows=arguments.rows)),
    ):
        if names and not any(name.startswith(family) for name in names):
            continue
        for figure in figures(arguments.only):
            if not figure.get("goal"):
                figure["goal"] = INFORMATION
            print(json.dumps(figure), flush=True)
            met = met and bool(figure["ok"])
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
