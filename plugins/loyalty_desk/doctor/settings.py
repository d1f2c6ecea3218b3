"""The stores file: every mistake in it, by store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loyalty_desk.doctor.finding import Finding, fine, trouble
from loyalty_desk.doctor.scope import Scope

STORES_FILE: Final = "stores file"


def check_stores_file(scope: Scope) -> Iterator[Finding]:
    """Can it be read, and is what it says allowed?"""
    found, wanted = scope.file, scope.wanted
    for store, problem in found.problems.items():
        if store == "" or wanted in {None, store}:
            yield trouble(
                STORES_FILE,
                problem,
                "Correct it, then look again",
                "loyalty-desk stores",
                store=store or None,
            )
    for store in scope.stores:
        yield fine(STORES_FILE, "its settings are right", store=store)
    if wanted is not None and wanted not in {*found.stores, *found.problems}:
        there = ", ".join(found.stores) or "none"
        yield trouble(STORES_FILE, f"there is no store {wanted!r}; there are: {there}", "Name one")
    elif not found.stores and not found.problems:
        yield trouble(STORES_FILE, "it names no store", "Add one: docs/production.md")
