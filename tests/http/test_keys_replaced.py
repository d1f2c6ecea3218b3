"""A key that is replaced in its Airflow connection is used, by clients opened before too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from loyalty_desk.errors import BadConnectionError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.platforms.base import Platform
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.http.rivo.booking import booked, order

NEW = "key-of-tomorrow"
"""What the sandbox takes from some moment on, in place of its own."""
THREADS = 8
Replace = Callable[[str], None]


@pytest.fixture
def replace_key(sandbox: Sandbox) -> Iterator[Replace]:
    """A service takes another key from now on; its own again after the test."""

    def replace(server: str) -> None:
        sandbox.control(server, "POST", "keys", {"api_key": NEW})

    yield replace
    for server in ("rivo", "gorgias"):
        sandbox.control(server, "POST", "keys", {"api_key": sandbox.credentials[server]["api_key"]})


def refused(sandbox: Sandbox, server: str) -> int:
    """How many requests the service refused for their key."""
    counted = sandbox.control(server, "GET", "counters")["requests"]
    return sum(call["count"] for call in counted if call["status"] == 401)


def member_ids(pages: Iterator[Any]) -> list[str]:
    return [member.member_id for page in pages for member in page.members]


def test_a_read_of_all_members_goes_on_with_the_new_key(
    sandbox: Sandbox, platform: Platform, replace_key: Replace, set_connection: SetConnection
) -> None:
    pages = platform.iter_member_pages()
    first = member_ids(iter([next(pages)]))
    replace_key("rivo")
    set_connection("rivo_acme", host=sandbox.rivo_url, password=NEW)

    rest = member_ids(pages)

    assert len({*first, *rest}) == len(first) + len(rest) > len(first)
    assert refused(sandbox, "rivo") == 1


def test_an_award_is_booked_once_with_the_new_key(
    sandbox: Sandbox, platform: Platform, replace_key: Replace, set_connection: SetConnection
) -> None:
    member_id = str(sandbox.control("rivo", "POST", "members", {"email": "m@shop.example"})["id"])
    platform.find_member(member_id)
    replace_key("rivo")
    set_connection("rivo_acme", host=sandbox.rivo_url, password=NEW)

    assert platform.award(order(member_id, "50"))

    assert [entry["points"] for entry in booked(sandbox)] == [50]


def test_a_key_that_the_connection_still_has_is_tried_no_second_time(
    sandbox: Sandbox, platform: Platform, replace_key: Replace
) -> None:
    replace_key("rivo")

    for turn in (1, 2):
        with pytest.raises(BadConnectionError, match="correct its credentials in Airflow"):
            platform.find_member("mira@shop.example")
        assert refused(sandbox, "rivo") == turn


def test_a_new_key_that_is_refused_too_is_tried_once(
    sandbox: Sandbox, platform: Platform, replace_key: Replace, set_connection: SetConnection
) -> None:
    replace_key("rivo")
    set_connection("rivo_acme", host=sandbox.rivo_url, password="a-third-key")

    with pytest.raises(BadConnectionError, match="correct its credentials"):
        platform.find_member("mira@shop.example")
    assert refused(sandbox, "rivo") == 2


def test_a_key_of_another_address_is_not_sent_to_the_old_one(
    sandbox: Sandbox, platform: Platform, replace_key: Replace, set_connection: SetConnection
) -> None:
    replace_key("rivo")
    set_connection("rivo_acme", host="https://elsewhere.shop.example", password=NEW)

    with pytest.raises(BadConnectionError, match="correct its credentials"):
        platform.find_member("mira@shop.example")
    assert refused(sandbox, "rivo") == 1


def test_a_connection_that_was_taken_away_is_named(
    platform: Platform, replace_key: Replace, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_key("rivo")
    monkeypatch.delenv("AIRFLOW_CONN_RIVO_ACME")

    with pytest.raises(BadConnectionError, match="no usable Airflow connection 'rivo_acme'"):
        platform.find_member("mira@shop.example")


def test_all_threads_of_a_push_go_on_with_the_new_key(
    sandbox: Sandbox, client: GorgiasClient, replace_key: Replace, set_connection: SetConnection
) -> None:
    page = next(client.iter_customer_pages())
    ids = [one.customer_id for one in page.customers[: 3 * THREADS]]
    replace_key("gorgias")
    gorgias = sandbox.gorgias
    set_connection("gorgias_acme", host=gorgias["url"], login=gorgias["email"], password=NEW)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda one: client.put_customer_data(one, {"loyalty": {}}, None), ids))

    assert client.get_customer(ids[-1]).data == {"loyalty": {}}
    assert 1 <= refused(sandbox, "gorgias") <= THREADS
