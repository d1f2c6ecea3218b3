"""The worked example of docs/adding-a-platform.md does what the page says."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from loyalty_desk.errors import CursorError, NotFoundError, SettingsError
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.platforms.base import Account, AwardOrder, Platform
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.records import Unit
from loyalty_desk.settings import stores_file as settings
from tests.factories import store_settings
from tests.project import PROJECT_ROOT
from tests.scripted import ScriptedTransport

EXAMPLE = PROJECT_ROOT / "docs" / "examples" / "punchcard.py"
ADA = {"id": 7, "email": "ada@shop.example", "name": "Ada", "points": 40}


@pytest.fixture
def api() -> ScriptedTransport:
    return ScriptedTransport("Punchcard")


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Platform]]:
    """The example, added to an installation by its setting."""
    monkeypatch.syspath_prepend(str(EXAMPLE.parent))
    places = {"punchcard": "punchcard:PunchcardPlatform", "wrong": "punchcard:read_member"}
    monkeypatch.setenv("LOYALTY_DESK_PLATFORMS", json.dumps(places))
    settings.installation.cache_clear()
    platform_class.cache_clear()
    yield platform_class("punchcard")
    settings.installation.cache_clear()
    platform_class.cache_clear()
    sys.modules.pop("punchcard", None)


@pytest.fixture
def platform(added: type[Platform], api: ScriptedTransport) -> Platform:
    return added(api, Account(key="a-key"))


def test_it_is_short_and_a_store_can_be_on_it(added: type[Platform]) -> None:
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) < 150
    store = store_settings(platform="punchcard", platform_conn_id="")
    assert store.platform_conn_id == "punchcard_acme"
    with pytest.raises(SettingsError, match="is no class that extends Platform"):
        platform_class("wrong")


def test_members_are_listed_page_by_page(platform: Platform, api: ScriptedTransport) -> None:
    api.will_answer({"members": [ADA, {"id": 8, "points": "many"}]})
    api.will_answer({"members": []})

    page, _ = platform.iter_member_pages()

    assert [one.card["points_balance"] for one in page.members] == [40]
    assert [one.field for one in page.rejected] == ["points"]
    assert [query["after"] for query in api.queries] == [0, 8]
    api.will_answer({"members": [ADA]})
    api.will_answer({"members": [ADA]})
    with pytest.raises(CursorError):
        list(platform.iter_member_pages())


def test_a_member_is_found_by_id_and_address(platform: Platform, api: ScriptedTransport) -> None:
    api.will_answer(ADA)
    assert platform.find_member("7") is not None
    api.will_answer(NotFoundError("Punchcard", "GET", "/members/8", 404))
    assert platform.find_member("8") is None
    other: dict[str, Any] = {**ADA, "id": 9}
    api.will_answer({"members": [ADA, other]})
    api.will_answer({"members": []})
    with pytest.raises(BadFieldError, match="several members"):
        platform.find_member("ADA@shop.example")


def test_an_award_carries_its_marker_into_the_ledger(
    platform: Platform, api: ScriptedTransport
) -> None:
    order = AwardOrder(
        member_id="7",
        unit=Unit.POINTS,
        amount=Decimal(5),
        marker="ld:1",
        note="sorry",
        message="Hi",
    )
    api.will_answer({"id": 70, "staff_note": "sorry [ld:1]"})
    assert platform.award(order) == "70"
    assert api.bodies[-1]["staff_note"] == "sorry [ld:1]"
    api.will_answer({"bookings": [{"id": 70, "staff_note": "sorry [ld:1]"}]})
    api.will_answer({"bookings": []})
    assert ["ld:1" in (one.marker_text or "") for one in platform.iter_ledger("7")] == [True]


def test_a_webhook_is_believed_with_its_signature_alone(added: type[Platform]) -> None:
    account, body = Account(key="k", options={"webhook_secret": "s"}), b'{"member_id": 7}'
    signature = hmac.new(b"s", body, hashlib.sha256).hexdigest()

    assert added.is_genuine(body, {"x-punchcard-signature": signature}, account)
    assert not added.is_genuine(body, {"x-punchcard-signature": signature[:-1]}, account)
    assert not added.is_genuine(body, {}, Account(key="k"))
    assert added.changed_members(body, account) == ["7"]
