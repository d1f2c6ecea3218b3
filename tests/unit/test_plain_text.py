"""Which letters are kept: real texts of many languages as they are, hostile ones made harmless."""

from __future__ import annotations

import pytest

from loyalty_desk.plain_text import clean_name, clean_prose, drop_unsafe

WRITTEN = {
    "Japanese name": "\u5c71\u7530\u3000\u592a\u90ce",
    "Japanese kanji variant": "\u8fbb\U000e0100\u3055\u3093",
    "Thai": "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u200b\u0e04\u0e23\u0e31\u0e1a",
    "word joiner": "Trinkgeld\u2060!",
    "Arabic": "\u0645\u0631\u062d\u0628\u0627\u060c \u0634\u0643\u0631\u0627\u064b \u0661\u0662",
    "Arabic number sign": "\u0600\u0661",
    "Arabic letter mark": "\u061c12%",
    "Persian": "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
    "Hebrew": "\u05e9\u05dc\u05d5\u05dd\u200f (50)\u200e",
    "Hindi": "\u0915\u094d\u200d\u0937 \u0928\u092e\u0938\u094d\u0924\u0947",
    "German": "Gru\u00dfkarten\u00adverkauf, 5\u00a0% f\u00fcr M\u00fcller",
    "French": "D\u00e9sol\u00e9\u202f! \u00c0 bient\u00f4t",
    "typed spaces": "a\u2009b\u2003c\u205fd",
    "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "heart": "\u2764\ufe0f",
    "skin": "\U0001f44b\U0001f3fd \U0001f469\U0001f3fe\u200d\U0001f4bb",
    "country": "\U0001f1e9\U0001f1ea",
    "Wales": "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
    "emoji of this year": "\U0001fac8",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_what_people_write_is_kept_as_it_is(text: str) -> None:
    assert clean_prose(text) == clean_prose(text, lines=True) == drop_unsafe(text) == text
    assert clean_name(text)


TURNED = {
    **{f"U+{code:04X}": f"abc{chr(code)}def" for code in (*range(0x202A, 0x202F), 0xFEFF)},
    **{f"U+{code:04X}": f"abc{chr(code)}def" for code in range(0x2066, 0x2070)},
    "isolated number": "\u2068abc\u2069def",
    "hidden in tags": "abc\U000e0049\U000e0067\U000e006edef",
    "too long for a flag": "abc" + "\U000e0061" * 40 + "\U000e007fdef",
    "annotation": "abc\ufff9\ufffbdef",
}


@pytest.mark.parametrize("text", TURNED.values(), ids=TURNED)
def test_what_turns_text_around_or_hides_it_is_taken_out(text: str) -> None:
    assert clean_prose(text) == clean_name(text) == drop_unsafe(text) == "abcdef"


def test_a_flag_hides_no_text() -> None:
    flag = "\U0001f3f4" + "\U000e0061" * 40 + "\U000e007f"
    assert clean_prose(flag) == "\U0001f3f4"


@pytest.mark.parametrize("mark", ["\ufe0f", "\u034f", "\u3164", "\u200b", "\u180b", "\U000e0100"])
def test_a_name_holds_nothing_that_shows_nothing(mark: str) -> None:
    assert clean_name(f"{mark}ad{mark}a{mark}") == "ada"


CONTROLS = {
    "NUL": "\x00",
    "BEL": "\x07",
    "backspace": "\x08",
    "escape": "\x1b",
    "delete": "\x7f",
    "next line": "\x85",
    "CSI": "\x9b",
    "lone surrogate": "\ud83d",
}


@pytest.mark.parametrize("letter", CONTROLS.values(), ids=CONTROLS)
def test_controls_are_refused_of_people_and_dropped_of_systems(letter: str) -> None:
    text = f"a{letter}b"
    assert clean_prose(text) is clean_prose(text, lines=True) is clean_name(text) is None
    assert drop_unsafe(text) == "ab"


@pytest.mark.parametrize("letter", ["\ufffe", "\U0010ffff", "\u2028", "\u2029", "\r"])
def test_what_is_no_letter_is_refused(letter: str) -> None:
    assert clean_prose(f"a{letter}b", lines=True) is None


@pytest.mark.parametrize("letter", ["\n", "\t"])
def test_lines_are_for_prose_that_has_lines(letter: str) -> None:
    text = f"a{letter}b"
    assert clean_prose(text, lines=True) == drop_unsafe(text) == text
    assert clean_prose(text) is clean_name(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\u5c71\u7530\u3000\u592a\u90ce", "\u5c71\u7530 \u592a\u90ce"),
        ("\u00a0Ada\u00a0Byron\u200b", "Ada Byron"),
        ("e\u200dve\u00ad", "eve"),
    ],
)
def test_no_two_names_look_alike_and_differ(text: str, name: str) -> None:
    assert clean_name(text) == name
