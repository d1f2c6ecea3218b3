"""Whatever is wrong with a file of YAML, one failure says so, with the line where it is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_desk.settings.yaml_files import YamlFileError, load_yaml


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.yaml"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: b\nday: 2024-13-45", " in line 2: no such date"),
        ("at: 2001-01-01T00:00:00+99:99", " in line 1: no such date"),
        ("x: !!bool perhaps", " in line 1: no such"),
        ("x: !!int ''", " in line 1: no such"),
        ("x: !!timestamp soon", " in line 1: no such"),
        (f"x: {'9' * 5000}", " in line 1: no such"),
        (f"x: {'1:' * 400}1.0", " in line 1: no such"),
        ('x: "\\UFFFFFFFF"', ": no such"),
        ("[" * 5000, ": it is nested too deeply"),
        ("a: b\nx: \x01", " in line 2: a letter that YAML refuses"),
        ("a: b\n- c", " in line 2: it is not indented as"),
        ("a: 1\nb: 2\na: 3", " in line 3: the key a stands there twice"),
        (
            "x: {'eve@shop.example': 1, 'eve@shop.example': 2}",
            " in line 1: the key stands there twice",
        ),
        ("a:\n\tb: 1", " in line 2: a tab stands there"),
        ("a: b\nc: {d: 1\ne: 2", " in line 2: what begins there with [ or {"),
        ("a: [1, 2\n", " in line 1: what begins there with [ or {"),
        ("a: *x", " in line 1: a text that begins with this sign"),
        ("a: !x y", " in line 1: a text that begins with this sign"),
        ("a: @x", " in line 1: a text that begins with this sign"),
        ("a: so: it", " in line 1: a line too far to the right"),
        ("a: 'b", " in line 1: a quote is not closed"),
        ("a: 1\nbcd\ne: 2", " in line 3: a key without its `:`"),
        ("a: b\nx: {{ points }}", " in line 2: a value with braces needs quotes"),
        ("x: {{ points }} more", " in line 1: a value with braces needs quotes"),
        ("a: b\nx: {% if y %}", " in line 2: a value with braces needs quotes"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(file: Path, text: str, says: str) -> None:
    file.write_text(text, encoding="utf-8")

    with pytest.raises(YamlFileError) as caught:
        load_yaml(file)
    assert str(caught.value).startswith(f"{file} is not valid YAML{says}")


def test_what_is_no_text_is_said_with_its_line(file: Path) -> None:
    file.write_bytes(b"a: b\nc: \xff")

    with pytest.raises(YamlFileError, match="in line 2: it is no UTF-8"):
        load_yaml(file)


def test_a_file_that_is_not_there_is_told_from_one_that_cannot_be_read(tmp_path: Path) -> None:
    for path, is_missing in [(tmp_path / "none.yaml", True), (tmp_path, False)]:
        with pytest.raises(YamlFileError, match=f"cannot read {path}: ") as caught:
            load_yaml(path)
        assert caught.value.is_missing == is_missing


def test_one_mapping_merged_into_another_repeats_no_key(file: Path) -> None:
    file.write_text(
        "x: &x {a: 1}\ny: &y {<<: *x, a: 2}\nz: {deep: {<<: *y, a: 3}}", encoding="utf-8"
    )

    assert load_yaml(file) == {"x": {"a": 1}, "y": {"a": 2}, "z": {"deep": {"a": 3}}}


def test_what_is_right_is_read(file: Path) -> None:
    file.write_text("a: 1\nb: [2024-02-29, 'x']", encoding="utf-8")

    assert str(load_yaml(file)) == "{'a': 1, 'b': [datetime.date(2024, 2, 29), 'x']}"
