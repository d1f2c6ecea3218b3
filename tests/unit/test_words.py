"""`docs/words.md`: each word is where the page says, and none that was given up comes back."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "words.md"
ROW = re.compile(
    r"^\| (?P<word>[^|*]+?) \| [^|]+ \| \[[^\]]+\]\((?P<place>[^)]+)\) \|$", re.MULTILINE
)

GIVEN_UP = {
    "API, endpoint": r"\bHTTP doors?\b|\b(award|lookup|webhook)s? doors?\b"
    r"|\bdoors? of (award|lookup|webhook)s\b",
    "queue, pool": r"\blanes?\b|lane(s)?settings|_lanes?\b",
    "lookup": r"\blook-ups?\b|\bLookUp\b|look_ups",
    "supervisor": r"\bkeepers?\b",
    "marker": r"\baward'?s'? marks?\b|\bmarks? of (an|the) awards?\b|\bmarks?_of\b|\border\.mark\b"
    r"|marked_note|knows_marks",
    "natural key": r"\bour mark\b|bears_our_mark",
}
"""What stands for a word that was given up, by the word that came in its place."""

KEPT = {
    "queue, pool": {
        "docs/settings.md",
        "plugins/loyalty_desk/commands/settings_reference.py",
        "plugins/loyalty_desk/settings/stores_file.py",
        "tests/unit/settings/test_queues.py",
    },
}
"""Files in which it is the name of before that is meant."""

HELD_OUTSIDE = re.compile(r"Loyalty look-up \(|Gorgias look-up, made by connect")
"""Names that accounts and installations hold already."""

HISTORY = ("docs/decisions/", "CHANGELOG.md", "plugins/loyalty_desk/staging/migrations/")


def tracked() -> Iterator[tuple[str, str]]:
    """Path and text of every file of the project that is ours to word."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        path = PROJECT_ROOT / name
        if name.startswith(HISTORY) or path == Path(__file__) or not path.is_file():
            continue
        try:
            yield name, HELD_OUTSIDE.sub("", path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue


def test_no_word_that_was_given_up_comes_back() -> None:
    found = [
        f"{name}: {hit.group()!r} (say {instead})"
        for name, text in tracked()
        for instead, retired in GIVEN_UP.items()
        if name not in KEPT.get(instead, ())
        for hit in re.finditer(retired, text, re.IGNORECASE if instead != "lookup" else 0)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("instead", "text"),
    [
        ("API, endpoint", "The HTTP door of awards"),
        ("queue, pool", "a lane of their own"),
        ("lookup", "two look-ups"),
        ("supervisor", "the keeper starts it"),
        ("marker", "the award's mark"),
        ("natural key", "what bears our mark"),
    ],
)
def test_the_words_that_were_given_up_are_known(instead: str, text: str) -> None:
    assert re.search(GIVEN_UP[instead], text)


def test_every_word_is_where_the_page_says() -> None:
    rows = [(row["word"], row["place"]) for row in ROW.finditer(PAGE.read_text(encoding="utf-8"))]
    missing = []
    for word, place in rows:
        # However it is joined, and as one or as many.
        spelled = r"[\s_-]+".join(map(re.escape, re.split(r"[\s_-]+", word)))
        text = (PAGE.parent / place).read_text(encoding="utf-8")
        if not re.search(rf"(?<![A-Za-z]){spelled}(e?s)?(?![A-Za-z])", text, re.IGNORECASE):
            missing.append(f"{word} in {place}")
    assert missing == []


def test_the_page_lists_no_word_twice_and_leaves_no_row_unread() -> None:
    text = PAGE.read_text(encoding="utf-8")
    words = [row["word"].lower() for row in ROW.finditer(text)]
    assert (
        len(set(words))
        == len(words)
        == sum(line.startswith("| ") for line in text.splitlines()) - 6
    )
