"""The page of a batch lists what is not taken back, for as long as it is so."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.not_taken_back import reversals_of
from loyalty_desk.awards.reversal import ERASED
from loyalty_desk.clock import utc_now
from loyalty_desk.settings import stores_file
from loyalty_desk.staging.platform_of import change_platform, claim_platform
from tests.factories import STORE, store_settings
from tests.http.desk import DESK, DeskClient
from tests.http.test_desk_award_files import text_of
from tests.http.test_desk_awards import found
from tests.sql.award_rows import applied, award_row, put
from tests.sql.test_award_decisions import set_state

BATCH = "f11e"
WHERE = f"/awards/batches/{BATCH}"
BUTTON = "Take all back</button>"
WHY = {"take_back_why": "the wrong file"}
UNKNOWN = "nobody can tell yet whether it is booked: settle it first"
ANONYMOUS = "it is anonymous by now; nobody knows whose it was"


def of_batch(award_id: str, state: str = "applied", **values: Any) -> dict[str, Any]:
    told = {"batch_id": BATCH, "door": "desk", "member_id": f"m-{award_id}", "email": None}
    return award_row(award_id, **{"state": state, "detail": None, **told, **values})


@pytest.fixture
def agent(desk: DeskClient) -> DeskClient:
    return desk.as_user("agent")


def test_what_is_left_is_on_the_page_its_part_and_the_file_with_a_link_and_what_to_do(
    agent: DeskClient, staging: Engine
) -> None:
    put(
        *(staging, of_batch("a1"), of_batch("a2", "unknown", amount=-30)),
        of_batch("a3", "applying"),
        of_batch("a4", email="ida@shop.example", member_id=None, subject=ERASED),
    )
    assert "2 of 4 that cannot be taken back" in text_of(agent.get(WHERE).text)
    assert "not taken back" not in text_of(agent.get(f"{WHERE}/progress").text)

    done = agent.post(f"{WHERE}/take-back", WHY)

    assert done.headers["location"].endswith("?done=taken_back")
    for _ in range(2):  # whenever one looks
        for page in (agent.get(WHERE).text, agent.get(f"{WHERE}/progress").text):
            shown = text_of(page)
            assert "3 of 4 not taken back" in shown
            assert f"-30 points member m-a2 {UNKNOWN}" in shown
            assert "member m-a3 it is being booked right now: take back once more" in shown
            assert ANONYMOUS in shown
            assert f'<a href="{DESK}/{STORE}/awards/a2">-30 points</a>' in page
    file = agent.get(f"{WHERE}/result.csv").text
    assert f"a2,{UNKNOWN}" in file
    set_state(staging, "a3", "rejected")
    assert "2 of 4 not taken back" in text_of(agent.get(f"{WHERE}/progress").text)


def test_whoever_sees_no_addresses_sees_none_of_those_that_are_left(
    desk: DeskClient, staging: Engine
) -> None:
    ida = {"member_id": "ida@shop.example", "email": "ida@shop.example"}
    put(staging, of_batch("a1", "unknown", **ida), of_batch("a2", "queued"))
    desk.as_user("agent").post(f"{WHERE}/take-back", WHY)

    assert "ida@shop.example" in desk.as_user("agent").get(WHERE).text
    for page in ("", "/progress", "/result.csv"):
        shown = desk.as_user("viewer").get(f"{WHERE}{page}").text
        assert UNKNOWN in shown
        assert "ida@shop.example" not in shown


def test_what_somebody_wrote_of_one_that_is_left_shows_them_no_address_either(
    desk: DeskClient, staging: Engine
) -> None:
    told = "ask ida@shop.example first"
    put(staging, of_batch("a1"), of_batch("a2", "rejected", detail=told))
    desk.as_user("agent").post(f"{WHERE}/take-back", WHY)
    [reversal] = found(staging, batch_id=reversals_of(BATCH))
    set_state(staging, reversal.award_id, "rejected", detail=told)

    assert f"was rejected ({told})" in desk.as_user("agent").get(f"{WHERE}/result.csv").text
    for page in ("", "/progress", "/result.csv"):
        shown = desk.as_user("viewer").get(f"{WHERE}{page}").text
        assert "ask i…@shop.example first" in shown
        assert "ida@shop.example" not in shown


def test_pressed_once_more_nothing_is_doubled_and_no_button_is_left(
    agent: DeskClient, staging: Engine
) -> None:
    put(staging, of_batch("a1"), of_batch("a2", "queued"))
    assert BUTTON in agent.get(WHERE).text
    agent.post(f"{WHERE}/take-back", WHY)
    [reversal] = found(staging, batch_id=reversals_of(BATCH))
    page = agent.get(WHERE).text
    assert BUTTON not in page
    assert "Take all of it back" not in page

    again = agent.post(f"{WHERE}/take-back", WHY)

    assert again.status_code == 400
    assert "Nothing of it could be taken back now" in again.text
    assert [one.award_id for one in found(staging, batch_id=reversals_of(BATCH))] == [
        reversal.award_id
    ]
    set_state(staging, reversal.award_id, "rejected", detail="they may keep it")
    page = agent.get(WHERE).text
    assert BUTTON in page
    assert "what was to take it back was rejected (they may keep it)" in text_of(page)


@pytest.mark.parametrize("state", ["refused", "rejected"])
def test_of_what_never_took_place_there_is_nothing_to_take_back(
    agent: DeskClient, staging: Engine, state: str
) -> None:
    put(staging, of_batch("a1", state))

    assert "Take all of it back" not in agent.get(WHERE).text


def test_of_a_platform_that_the_store_has_left_it_is_said_before_anybody_asks(
    desk: DeskClient, staging: Engine
) -> None:
    put(staging, of_batch("a1"), of_batch("a2"))
    with staging.begin() as connection:
        claim_platform(connection, store_settings(platform="smile"), utc_now())
        change_platform(connection, stores_file.stores_file().get(STORE), utc_now())

    page = desk.as_user("agent").get(WHERE).text

    assert "2 of 2 that cannot be taken back" in text_of(page)
    assert "it was booked on smile, which the store has left: take it back there" in text_of(page)
    assert BUTTON not in page
    assert "cannot be taken back" not in desk.as_user("viewer").get(WHERE).text
    assert desk.as_user("agent").post(f"{WHERE}/take-back", WHY).status_code == 400
    assert found(staging, batch_id=reversals_of(BATCH)) == []


def test_of_a_large_batch_the_page_has_the_first_and_how_many_there_are_for_each_reason(
    agent: DeskClient, staging: Engine
) -> None:
    anonymous = {"member_id": None, "subject": ERASED}
    put(
        staging,
        applied("first", batch_id=BATCH, door="desk"),
        *(of_batch(f"a{number:04}", **anonymous) for number in range(1_400)),
        *(of_batch(f"b{number:04}", "unknown") for number in range(599)),
    )

    agent.post(f"{WHERE}/take-back", WHY)

    page = agent.get(f"{WHERE}/progress").text
    assert "1,999 of 2,000 not taken back" in text_of(page)
    assert "1,999 are not taken back. The first 100 are below, the files have all." in page
    assert f"<li>1,400: {ANONYMOUS}.</li><li>599: {UNKNOWN}.</li>" in page
    assert page.count(f'href="{DESK}/{STORE}/awards/') == 100
    file = agent.get(f"{WHERE}/result.csv").text
    assert (file.count(ANONYMOUS), file.count(UNKNOWN)) == (1_400, 599)
