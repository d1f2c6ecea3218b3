"""E-mail keys: what pairs people, so two spellings must meet and two people must not."""

from __future__ import annotations

from string import ascii_letters, digits

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loyalty_desk.card.emails import read_blank_as_plus, read_email, read_unusual_email
from loyalty_desk.records import EmailState

FOLDED = "\u00df\u0130\u0131\u212a\u212b\u00e9\u00b5\ufb01\u4e2d\u3002\uff0e\uff20\u200b\u00a0"
FOLDED += '\ufe0f\u034f\u3164\u0301\uff02"'
AWKWARD = st.text(
    st.sampled_from(ascii_letters + digits + "@@@....--__+' \"\\\txn" + FOLDED), max_size=40
)
PLAIN = st.from_regex(r"\A[A-Za-z0-9.+_'-]{1,20}@[A-Za-z0-9-]{1,12}(\.[A-Za-z0-9-]{1,8}){1,3}\Z")
ANY = st.one_of(AWKWARD, PLAIN, st.text(max_size=60), st.emails())


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("ada@shop.example", "ada@shop.example"),
        ("  Ada@Shop.Example \n", "ada@shop.example"),
        ("\u200bada@shop.example\ufeff", "ada@shop.example"),
        ("\u00a0ada@shop.example\u3000", "ada@shop.example"),
        ("\uff41\uff44\uff41\uff20\uff53hop\uff0eexample", "ada@shop.example"),
        ("ada@shop.example.", "ada@shop.example"),
        ("ada@münchen.example", "ada@xn--mnchen-3ya.example"),
        ("ada@MÜNCHEN.example", "ada@xn--mnchen-3ya.example"),
        ("ada@mu\u0308nchen.example", "ada@xn--mnchen-3ya.example"),
        ("ada@XN--MNCHEN-3YA.example", "ada@xn--mnchen-3ya.example"),
        ("ada@例え。テスト", "ada@xn--r8jz45g.xn--zckzah"),
        ("ADÄ@shop.example", "adä@shop.example"),
        ("a.d.a+news@gmail.com", "a.d.a+news@gmail.com"),
        ("o'hara@shop.example", "o'hara@shop.example"),
        (".a..da.@docomo.example", ".a..da.@docomo.example"),
        ("a" * 64 + "@shop.example", "a" * 64 + "@shop.example"),
        ("ada@r3---sn-4g5e.example", "ada@r3---sn-4g5e.example"),
        ("Ada@My_Shop.example", "ada@my_shop.example"),
        ("ada@_my.shop_.m\u00fcnchen.example", "ada@_my.shop_.xn--mnchen-3ya.example"),
        ("ada\ufe0f@shop.example", "ada@shop.example"),
        ("a\u034fda@shop.exam\ufe0fple", "ada@shop.example"),
        ("ad\u3164a\U000e0100@shop.example", "ada@shop.example"),
        ('"rei..ko."@docomo.example', "rei..ko.@docomo.example"),
        ('"Ada"@Shop.example', "ada@shop.example"),
        ("\uff02ada\uff02@shop.example", "ada@shop.example"),
        ('"a\\d\\a"@shop.example', "ada@shop.example"),
        ('"e\\\u0301da"@shop.example', "\u00e9da@shop.example"),
        (f'"{"a" * 64}"@shop.example', f"{'a' * 64}@shop.example"),
    ],
)
def test_each_spelling_of_an_address_has_one_key(raw: str, key: str) -> None:
    assert read_email(raw) == (key, EmailState.VALID)


@pytest.mark.parametrize("raw", [None, "", "   ", "\t\n", "\u200b", "\u00a0\ufeff"])
def test_nothing_to_see_is_missing(raw: str | None) -> None:
    assert read_email(raw) == (None, EmailState.MISSING)


@pytest.mark.parametrize(
    "raw",
    [
        "ada",
        "@",
        "@shop.example",
        "ada@",
        "ada@localhost",
        "ada@shop@shop.example",
        "ada@.example",
        "ada@shop..example",
        "ada@shop.example..",
        "ada@-shop.example",
        "ada@shop-.example",
        "ada@shop.exam_ple",
        "ada@m\u00fc_nchen.example",
        '"ada lovelace"@shop.example',
        '"ada@home"@shop.example',
        '"ada,bo"@shop.example',
        '"ada\\"b"@shop.example',
        '"ada@shop.example',
        '""@shop.example',
        'ada"b"@shop.example',
        "ada@127.0.0.1",
        "ada@[127.0.0.1]",
        "ada lovelace@shop.example",
        "ada@shop .example",
        "ada\x00@shop.example",
        "ada@shop\x00.example",
        "ada\ud800@shop.example",
        "ada@\ud800.example",
        "Ada <ada@shop.example>",
        "ada@shop.example,bob@shop.example",
        "ada@shop.example; bob@shop.example",
        "ada@xn--zzzzzzzz.example",
        "ada@☃.example",
        "a" * 65 + "@shop.example",
        "ada@" + "a" * 64 + ".example",
        "ada@" + "a." * 130 + "example",
        "a" * 100_000 + "@shop.example",
        "null",
        "n/a",
    ],
)
def test_what_cannot_be_an_address_is_invalid(raw: str) -> None:
    assert read_email(raw) == (None, EmailState.INVALID)


@given(ANY)
def test_a_key_is_the_key_of_itself(raw: str) -> None:
    key, state = read_email(raw)
    if state is EmailState.VALID:
        assert read_email(key) == (key, state)
    else:
        assert key is None


@given(ANY)
@example("\u212a@shop.example")
def test_the_short_way_and_the_long_way_agree(raw: str) -> None:
    assert read_email(raw) == read_unusual_email(raw)


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("ada news@shop.example", "ada+news@shop.example"),
        (" Ada news shop@Shop.example ", "ada+news+shop@shop.example"),
        ("ada@shop.example", None),
        (" ada@shop.example", None),
        ("ada@my shop.example", None),
        ("ada lovelace", None),
        ("Ada <ada@shop.example>", None),
        ("", None),
    ],
)
def test_a_blank_may_have_been_a_plus(raw: str, meant: str | None) -> None:
    assert read_blank_as_plus(raw) == meant


@given(PLAIN)
def test_case_and_spaces_around_make_no_difference(raw: str) -> None:
    assert read_email(raw) == read_email(raw.upper()) == read_email(f"\u00a0{raw.swapcase()} ")


@given(ANY)
def test_a_key_is_lower_case_without_spaces_and_with_a_plain_domain(raw: str) -> None:
    key, _ = read_email(raw)
    if key is not None:
        local, _, domain = key.partition("@")
        assert key == key.lower()
        assert key == "".join(key.split())
        assert local
        assert domain.isascii()
        assert "." in domain
