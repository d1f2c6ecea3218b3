"""Conformance, webhooks: only what the platform itself sent is believed to be of it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests

from loyalty_desk.hooks.connections import platform_account
from loyalty_desk.platforms.registry import platform_class
from tests.platforms.account import Account
from tests.sandbox.receiver import Receiver, receiving

TEMPLATE = '{"event": "member changed", "member_id": "{{ member.id }}"}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def subscribe(account: Account, url: str) -> None:
    """Have the platform tell of changes, by its own way of setting that up."""
    ready = account.ready
    bearer = {"Authorization": f"Bearer {ready['api_key']}"}
    if account.case.name == "rivo":
        answer = requests.post(
            f"{ready['url']}/webhooks",
            data={"event_type": "loyalty_profile/updated", "url": url},
            headers={"Authorization": ready["api_key"]},
            timeout=5,
        )
        assert answer.ok
    elif account.case.name == "loyaltylion":
        content = {"webhook": {"topic": "customers/update", "address": url}}
        answer = requests.post(
            f"{ready['url']}/v2/webhooks", json=content, headers=bearer, timeout=5
        )
        assert answer.ok
    else:
        headers = {"x-webhook-secret": ready["webhook_secret"]}
        content = {"url": url, "template": TEMPLATE, "headers": headers}
        account.control("POST", "webhooks", content)


@pytest.fixture
def sent(account: Account, receiver: Receiver) -> tuple[bytes, dict[str, str], str]:
    """Body and headers of a genuine webhook, and whom it is about."""
    if not account.capabilities.sends_webhooks:
        pytest.skip("this platform sends none that can be verified")
    member_id = account.add_member(email="mira@shop.example")
    subscribe(account, receiver.url)
    account.control("PATCH", f"members/{member_id}", {"points_tally": 7})
    delivery = receiver.wait_for(1)[0]
    return delivery.body, delivery.headers, member_id


def accepts(account: Account, body: bytes, headers: Mapping[str, str]) -> bool:
    kind = platform_class(account.case.name)
    return kind.is_genuine(body, headers, platform_account(account.store()))


def test_a_genuine_webhook_tells_whose_card_changed(
    account: Account, sent: tuple[bytes, dict[str, str], str]
) -> None:
    body, headers, member_id = sent

    assert accepts(account, body, headers)
    kind = platform_class(account.case.name)
    assert kind.changed_members(body, platform_account(account.store())) == [member_id]


def test_a_forged_one_is_not_taken(
    account: Account, sent: tuple[bytes, dict[str, str], str]
) -> None:
    body, headers, _ = sent
    proofs = {name for name in headers if name.startswith(("rivo-", "x-"))}
    assert proofs

    for name in proofs:
        value = headers[name]
        for forged in ("", value[:-1], value + "=", value.swapcase(), "é" * len(value)):
            assert not accepts(account, body, {**headers, name: forged})
        assert not accepts(account, body, {k: v for k, v in headers.items() if k != name})


def test_a_changed_body_is_not_taken_where_the_body_is_signed(
    account: Account, sent: tuple[bytes, dict[str, str], str]
) -> None:
    body, headers, _ = sent

    # TRIFFT signs nothing; what a webhook says is never believed, only taken as a reason to read.
    is_signed = account.case.name != "trifft"
    assert accepts(account, body + b" ", headers) is not is_signed


def test_without_a_secret_nothing_is_genuine(
    account: Account, sent: tuple[bytes, dict[str, str], str]
) -> None:
    body, headers, _ = sent
    account.connect(extra={"api": dict(account.case.overrides)})

    assert not accepts(account, body, headers)
    assert not account.platform().capabilities.sends_webhooks
    empty = base64.b64encode(b"").decode()
    assert not accepts(account, b"", dict.fromkeys(headers, empty))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"5", b'{"id": [1]}', b'{"customer": 5}', b'{"member_id": "a@b"}']
)
def test_one_about_nobody_is_about_nobody(account: Account, body: bytes) -> None:
    kind = platform_class(account.case.name)

    assert kind.changed_members(body, platform_account(account.store())) == []


def test_a_platform_without_webhooks_takes_none(account: Account) -> None:
    if account.capabilities.sends_webhooks:
        pytest.skip("this one has them")
    headers: dict[str, Any] = {"authorization": "Bearer x", "x-webhook-secret": "x"}

    assert not accepts(account, b"{}", headers)


def test_the_secret_of_before_is_accepted_while_it_is_told(
    account: Account, sent: tuple[bytes, dict[str, str], str]
) -> None:
    body, headers, _ = sent
    old = account.options["webhook_secret"]

    account.connect(extra={"webhook_secret": "new", "old_webhook_secret": old})
    assert accepts(account, body, headers)

    account.connect(extra={"webhook_secret": "new"})
    assert not accepts(account, body, headers)


def test_trifft_may_show_a_basic_login_instead(account: Account) -> None:
    if account.case.name != "trifft":
        pytest.skip("of TRIFFT alone")
    account.connect(
        extra={"webhook_login": "shop", "webhook_secret": "new", "old_webhook_secret": "s3cret"}
    )
    right = "Basic " + base64.b64encode(b"shop:s3cret").decode()

    assert accepts(account, b"{}", {"authorization": right})
    for wrong in ("", "Basic x", right[:-1], right.lower(), "Bearer s3cret"):
        assert not accepts(account, b"{}", {"authorization": wrong})
    assert not accepts(account, b"{}", {"x-webhook-secret": "s3cret"})
