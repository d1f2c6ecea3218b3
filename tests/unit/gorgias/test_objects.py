"""What an account is furnished with: lists that shift, and answers that cannot be used."""

from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.errors import ApiUnavailableError
from loyalty_desk.gorgias.objects import PATHS, QUERIES, AccountObjects, Kind
from tests.scripted import ScriptedTransport


def page(*ids: int, following: str | None = None) -> dict[str, Any]:
    return {"data": [{"id": one} for one in ids], "meta": {"next_cursor": following}}


@pytest.fixture
def api() -> ScriptedTransport:
    return ScriptedTransport()


def test_a_row_that_moves_while_the_list_is_read_is_no_double(api: ScriptedTransport) -> None:
    api.will_answer(page(5, 2, following="b"))
    api.will_answer(page(2, 9))

    assert [row["id"] for row in AccountObjects(api).list_all(Kind.MACRO)] == [2, 5, 9]


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_its_path_and_its_query(kind: Kind, api: ScriptedTransport) -> None:
    api.will_answer(page(1))

    AccountObjects(api).list_all(kind)

    assert api.calls == [("GET", PATHS[kind])]
    assert QUERIES[kind].items() <= api.queries[0].items()


def test_an_object_without_an_id_stops_the_list(api: ScriptedTransport) -> None:
    api.will_answer({"data": [{"name": "x"}], "meta": {"next_cursor": None}})

    with pytest.raises(ApiUnavailableError, match="/api/widgets"):
        AccountObjects(api).list_all(Kind.WIDGET)
