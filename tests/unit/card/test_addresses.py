"""An address on a card is clicked on and sent to shoppers: it is http(s), or it is not there."""

from __future__ import annotations

import pytest

from loyalty_desk.card.addresses import is_web_address
from loyalty_desk.card.cards import member_card
from loyalty_desk.card.keys import CARD, COUPON, Place, is_address
from loyalty_desk.card.texts import NO_REFERRAL, with_texts
from loyalty_desk.connect.widgets import template
from loyalty_desk.records import MemberStatus

GOOD = [
    "https://shop.example/r/7",
    "http://shop.example",
    "HTTPS://Shop.example:8443/r?x=1&y=2#z",
    "https://bücher.example/empfehlen/ä",
    "https://shop.example?ref=a@b.example",
    "https://[2001:db8::1]/r",
]
BAD = [
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:alert(1)",
    " https://shop.example/r",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://shop.example/r",
    "//evil.example/r",
    "/r/7",
    "shop.example/r/7",
    "https:shop.example",
    "https:///r",
    "https:\\\\evil.example",
    "https://shop.example\\@evil.example",
    "https://shop.example@evil.example/r",
    'https://shop.example/"onmouseover="x',
    "https://shop.example/<b>",
    "https://shop.example/r 7",
    "https://shop.example/r\njavascript:alert(1)",
    "",
    7,
    ["https://shop.example/r"],
    {"url": "https://shop.example"},
]
ADDRESSES = [key.name for key in CARD if is_address(key.name)]


@pytest.mark.parametrize("value", GOOD)
@pytest.mark.parametrize("key", ADDRESSES)
def test_a_web_address_is_on_the_card(key: str, value: str) -> None:
    assert is_web_address(value)
    assert member_card("m1", MemberStatus.MEMBER, {key: value})[key] == value


@pytest.mark.parametrize("value", BAD, ids=repr)
@pytest.mark.parametrize("key", ADDRESSES)
def test_any_other_address_is_not_and_the_rest_of_the_card_is(key: str, value: object) -> None:
    card = member_card("m1", MemberStatus.MEMBER, {key: value, "points_balance": 5})

    assert card == member_card("m1", MemberStatus.MEMBER, {"points_balance": 5})
    assert with_texts(card)["referral_text"] == NO_REFERRAL


@pytest.mark.parametrize("value", BAD, ids=repr)
@pytest.mark.parametrize("key", ["url", "redeem_url"])
def test_nor_is_a_coupons(key: str, value: object) -> None:
    """A platform of one's own may tell keys of a coupon that ours do not have."""
    coupons = [{"name": "Tea", key: value}, {"name": "Cup", key: GOOD[0]}]

    card = member_card("m1", MemberStatus.MEMBER, {"coupons": coupons})

    assert card["coupons"] == [{"name": "Tea"}, {"name": "Cup", key: GOOD[0]}]


def test_whatever_the_widget_links_is_an_address() -> None:
    """A key that a page makes a link of and that nobody looks at would be a hole."""
    keys = {key.name for key in CARD}
    tree = template("Loyalty", keys, {})
    linked = {key.name for key in CARD if key.place is Place.LINK}

    def nodes(node):
        yield node
        for one in node.get("widgets", ()):
            yield from nodes(one)

    for node in nodes(tree):
        custom = node.get("meta", {}).get("custom", {})
        linked |= {link["url"].strip("{}") for link in custom.get("links", ())}
        linked |= {node["path"]} if node.get("type") == "url" else set()
    assert linked
    assert linked == set(ADDRESSES)
    assert not [key for key in COUPON if key.place is Place.LINK]
