"""What connecting says, as plain tables for a terminal and a task's log. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tabulate import tabulate

from loyalty_desk.connect.checks import Check
from loyalty_desk.connect.compare import Action, Verb
from loyalty_desk.connect.disconnect import Left
from loyalty_desk.connect.probe import BY_HAND, Findings

_WORDS: Final = {
    Verb.KEEP: ("as it should be", "as it should be"),
    Verb.CREATE: ("make", "made"),
    Verb.UPDATE: ("repair", "repaired"),
    Verb.RESTORE: ("take out of the archive", "taken out of the archive"),
    Verb.REMOVE_DOUBLE: ("remove a double", "a double, removed"),
    Verb.REMOVE_UNWANTED: ("remove, no longer wanted", "no longer wanted, removed"),
    Verb.DO_WITHOUT: ("do without", "Gorgias does not make it; the rest works without"),
}
"""What would be done, and what was."""


def checks_table(checks: Sequence[Check]) -> str:
    """What works on both accounts."""
    rows = [(check.what, check.works.value, check.detail) for check in checks]
    return tabulate(rows, ("What", "State", "Seen"))


def actions_table(actions: Sequence[Action], *, done: bool) -> str:
    """What was done to each object, or would be."""
    rows = [
        (
            action.kind.value.replace("_", " "),
            action.key,
            action.gorgias_id or "",
            _WORDS[action.verb][done]
            + (f" ({', '.join(action.changed)})" if action.changed else ""),
        )
        for action in actions
    ]
    return tabulate(rows, ("Kind", "Name", "Id", "What"))


def actions_summary(actions: Sequence[Action], *, done: bool) -> str:
    changes = sum(action.verb not in {Verb.KEEP, Verb.DO_WITHOUT} for action in actions)
    if not changes:
        return f"all {len(actions)} objects are as they should be"
    return f"{changes} of {len(actions)} objects {'were' if done else 'would be'} changed"


def findings_table(findings: Findings) -> str:
    """What the probe found out, what it set, and what is left to a person."""
    found = [(one.question, one.answer) for one in findings.found]
    kept = [(f"gorgias.{key}", value) for key, value in sorted(findings.settings.items())]
    parts = [tabulate(found, ("Asked", "Answer"))]
    if kept:
        parts.append(tabulate(kept, ("Setting kept, unless the stores file has it", "Value")))
    parts.append(tabulate(list(BY_HAND.items()), ("Only a person can see", "How")))
    return "\n\n".join(parts)


def left_table(left: Sequence[Left]) -> str:
    """What is still there after a disconnect."""
    rows = [(one.what, one.why) for one in left]
    return tabulate(rows, ("Still there", "Why, or what to do"))
