"""The pictures of the README and the docs are those of one list, by which they are taken anew."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from tests.pictures.listed import FOLDER, MOST_BYTES, PICTURES, Picture
from tests.project import PROJECT_ROOT

SHOWN = re.compile(r"!\[([^]]*)\]\((?!https?:)[^)]*?([\w-]+)\.png\)")
"""What a picture shows in words, and its name."""
ANY = re.compile(r"[\w/.-]*\.(?:png|jpe?g|gif|svg|webp)\b")


def pages() -> dict[str, str]:
    docs = (PROJECT_ROOT / "docs").glob("*.md")
    found = [PROJECT_ROOT / "README.md", *docs]
    return {page.name: page.read_text(encoding="utf-8") for page in found}


def test_pages_show_all_pictures_of_the_list_and_no_other_in_its_words() -> None:
    shown = {(name, words) for page in pages().values() for words, name in SHOWN.findall(page)}

    assert shown == {(picture.name, picture.shows) for picture in PICTURES}


def test_each_picture_is_where_the_pages_look_for_it_and_no_other_lies_there() -> None:
    files = {file.name for file in FOLDER.iterdir()}

    assert files == {f"{picture.name}.png" for picture in PICTURES}
    named = [
        path for page in pages().values() for path in ANY.findall(page) if path.startswith("images")
    ]
    assert {path.removeprefix("images/") for path in named} <= files


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_as_wide_as_the_list_says_and_small(picture: Picture) -> None:
    file = FOLDER / f"{picture.name}.png"

    with Image.open(file) as image:
        image.verify()
        assert (image.format, image.width) == ("PNG", picture.width)
        assert 200 <= image.height <= picture.most_height
    assert file.stat().st_size <= MOST_BYTES
