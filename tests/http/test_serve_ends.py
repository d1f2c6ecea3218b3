"""`loyalty-desk serve` ends in time, whatever still waits in it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loyalty_desk.staging.engine import open_engine
from loyalty_desk.web.server import CUT_OFF_S
from scripts.served_api import ServedApi, running_api
from tests.http.apart import Place, fill
from tests.http.api_client import API, new_client

SPEED = 20
ASKED = 7
UNKNOWN = "nobody@shop.example"


@contextmanager
def file_held(place: Place) -> Iterator[None]:
    """As by a sync, whose longest statement takes minutes."""
    engine = open_engine(place.environment["LOYALTY_DESK_STAGING_URL"])
    try:
        with engine.begin():  # it takes the file's lock
            yield
    finally:
        engine.dispose()


def look_up(api: ServedApi, place: Place) -> None:
    with new_client() as session:
        session.headers["Authorization"] = f"Bearer {place.lookup}"
        for number in range(ASKED):
            fields = {"email": UNKNOWN, "ticket_id": 100 + number, "customer_id": 7}
            answer = session.post(f"{api.url}{API}/lookup", json=fields)
            assert answer.ok, answer.text


def test_many_lookups_that_wait_for_staging_do_not_keep_it(tmp_path: Path) -> None:
    place = fill(tmp_path)
    environment = {**place.environment, "LOYALTY_DESK_SPEED": str(SPEED)}
    with running_api(environment, tmp_path / "log", "--drain", "0") as api, file_held(place):
        look_up(api, place)

        began_s = time.monotonic()
        assert api.end() == 0
        took_s = time.monotonic() - began_s

        assert took_s < CUT_OFF_S / SPEED + 5
        assert api.log().count(f"{ASKED} lookups are not followed up") == 1
        assert UNKNOWN not in api.log()


def test_what_waits_is_done_before_the_end_where_it_can_be(tmp_path: Path) -> None:
    place = fill(tmp_path)
    with running_api(place.environment, tmp_path / "log", "--drain", "0") as api:
        with file_held(place):
            look_up(api, place)
            api.process.terminate()
        assert api.process.wait(CUT_OFF_S) == 0

        assert "not followed up" not in api.log()
    engine = open_engine(place.environment["LOYALTY_DESK_STAGING_URL"])
    with engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT COUNT(*) FROM lookups_not_found").scalar()
    engine.dispose()
    assert kept == ASKED
