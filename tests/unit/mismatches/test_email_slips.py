"""What an address may have been meant to be; and what is left alone."""

from __future__ import annotations

from collections import Counter

import pytest

from loyalty_desk.mismatches.email_slips import RARER, Domains, mailbox, repair


@pytest.mark.parametrize(
    ("key", "box"),
    [
        ("ada@shop.example", "ada@shop.example"),
        ("ada+news@shop.example", "ada@shop.example"),
        ("a.d.a@shop.example", "a.d.a@shop.example"),
        ("a.d.a+news@gmail.com", "ada@gmail.com"),
        ("a.d.a@googlemail.com", "ada@gmail.com"),
        ("+ada@shop.example", "+ada@shop.example"),
    ],
)
def test_a_mailbox_is_where_the_mail_arrives(key: str, box: str) -> None:
    assert mailbox(key) == box


@pytest.mark.parametrize(
    ("raw", "mended"),
    [
        ("ada@@shop.com", "ada@shop.com"),
        ("ada@shop..com", "ada@shop.com"),
        ("ada..b@shop.com", "ada.b@shop.com"),
        ("ada@shop,com", "ada@shop.com"),
        ("ada @shop.com", "ada@shop.com"),
        ("<Ada@shop.com>", "ada@shop.com"),
        ("mailto:ada@shop.com", "ada@shop.com"),
        ("ada.@shop.com", "ada@shop.com"),
        ("ada@.shop.com", "ada@shop.com"),
        ("ada@@m\u00fcnchen.com", "ada@xn--mnchen-3ya.com"),
        ("ada@shop.com", None),
        ("ada", None),
        ("ada@", None),
        ("@@", None),
        ("", None),
    ],
)
def test_a_plain_slip_is_mended_and_nothing_is_invented(raw: str, mended: str | None) -> None:
    assert repair(raw) == mended


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", ("gmail.com",)),
        ("gmai.com", ("gmail.com",)),
        ("gmail.con", ("gmail.com",)),
        ("gmail.co", ("gmail.com",)),
        ("web.ed", ("web.de",)),
        ("gmail.com", ()),
        ("ymail.com", ()),
        ("mail.com", ()),
        ("shop.example", ()),
        ("a.de", ()),
    ],
)
def test_a_slip_leads_to_a_domain_that_many_have(domain: str, meant: tuple[str, ...]) -> None:
    assert Domains({}).meant(domain) == meant


def test_a_domain_of_the_store_is_known_when_many_have_it() -> None:
    assert Domains({"lakeside.example": 40}).meant("lakesid.example") == ("lakeside.example",)
    assert Domains({"lakeside.example": 5}).meant("lakesid.example") == ()


def test_a_slip_that_many_make_is_still_one() -> None:
    counts = Counter({"gmail.com": 50 * RARER, "gmial.com": 50, "lakeside.example": 60})

    assert Domains(counts).meant("gmial.com") == ("gmail.com",)


def test_a_domain_nearly_as_common_as_its_neighbour_is_meant() -> None:
    assert Domains({"gmail.com": 400, "gmain.com": 100}).meant("gmain.com") == ()
