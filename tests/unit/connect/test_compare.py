"""What is to be done to one object: every way in which an account can differ from the wanted."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.connect.compare import Verb, Wanted, actions_for, covers, unwanted
from loyalty_desk.gorgias.objects import Kind

EXTERNAL_ID = "ours-1"


def wanted(kind: Kind = Kind.MACRO) -> Wanted:
    return Wanted(
        kind=kind,
        key="balance",
        body={"name": "Balance", "external_id": EXTERNAL_ID},
        repaired=frozenset({"name", "external_id"}),
        is_ours=lambda row: row.get("external_id") == EXTERNAL_ID,
    )


def row(object_id: int, **values: Any) -> dict[str, Any]:
    return {"id": object_id, "name": "Balance", "external_id": EXTERNAL_ID, **values}


OTHER = {"id": 1, "name": "Refund", "external_id": None}


@pytest.mark.parametrize(
    ("held", "known_id", "expected"),
    [
        ([OTHER], None, [(Verb.CREATE, None)]),
        ([OTHER], 7, [(Verb.CREATE, None)]),
        ([OTHER, row(7)], 7, [(Verb.KEEP, 7)]),
        ([OTHER, row(7)], None, [(Verb.KEEP, 7)]),
        ([row(7, name="Mine now")], 7, [(Verb.UPDATE, 7)]),
        ([row(7, external_id=None)], 7, [(Verb.UPDATE, 7)]),
        ([row(7, archived_datetime="2026-03-01")], 7, [(Verb.RESTORE, 7)]),
        ([row(7, deactivated_datetime="2026-03-01")], 7, [(Verb.UPDATE, 7)]),
        ([row(6), row(7)], 7, [(Verb.KEEP, 7), (Verb.REMOVE_DOUBLE, 6)]),
        ([row(6), row(7)], None, [(Verb.KEEP, 6), (Verb.REMOVE_DOUBLE, 7)]),
        (
            [row(6, deactivated_datetime="2026-03-01"), row(7)],
            None,
            [(Verb.KEEP, 7), (Verb.REMOVE_DOUBLE, 6)],
        ),
    ],
    ids=[
        "nothing of ours is there",
        "ours was deleted by hand",
        "all is well",
        "staging was lost, its natural key finds it",
        "a person changed it",
        "a person took the external id off",
        "a person archived it",
        "it was switched off",
        "a double beside the one we know",
        "two, and we know neither: the older stays",
        "two, and the older is switched off",
    ],
)
def test_what_is_done(held: list[Any], known_id: int | None, expected: list[Any]) -> None:
    actions = actions_for(wanted(), held, known_id)

    assert [(action.verb, action.gorgias_id) for action in actions] == expected


def test_a_field_in_the_archive_is_no_double_as_it_cannot_be_deleted() -> None:
    held = [row(6), row(7, deactivated_datetime="2026-03-01")]

    assert [one.verb for one in actions_for(wanted(Kind.CUSTOM_FIELD), held, 6)] == [Verb.KEEP]


def test_a_repair_names_what_was_changed() -> None:
    held = [row(7, name="Mine now", deactivated_datetime="2026-03-01")]

    assert actions_for(wanted(), held, 7)[0].changed == ("name", "deactivated_datetime")


def test_what_is_not_wanted_any_more_goes() -> None:
    actions = unwanted(Kind.MACRO, {"balance": 7, "gone": 8}, ["balance"])

    assert [(one.verb, one.key, one.gorgias_id) for one in actions] == [
        (Verb.REMOVE_UNWANTED, "gone", 8)
    ]


@pytest.mark.parametrize(
    ("held", "want", "expected"),
    [
        ({"a": 1, "added": 2}, {"a": 1}, True),
        ({"a": {"b": 1, "added": 2}}, {"a": {"b": 1}}, True),
        ({}, {"a": None}, True),
        ({"a": 2}, {"a": 1}, False),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": [{"b": 1, "added": 2}]}, {"a": [{"b": 1}]}, True),
        ({"a": None}, {"a": {}}, False),
        ({"a": "1"}, {"a": 1}, False),
    ],
)
def test_what_gorgias_adds_is_no_difference(held: Any, want: Any, *, expected: bool) -> None:
    assert covers(held, want) is expected
