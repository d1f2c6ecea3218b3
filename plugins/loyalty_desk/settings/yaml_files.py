"""YAML that people write: read in one way, with one failure that says the line where known."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import yaml

from loyalty_desk.errors import SettingsError

NEEDS_QUOTES: Final = "a value with braces needs quotes"
_NO_VALUE: Final = "no such date, number or letter; a text needs quotes"
# Of a scalar that looks like a date or a number and is none, or of a tag that does not fit.
_FAULTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_UNCLOSED: Final = ("expected ',' or '}'", "expected ',' or ']'")
_QUOTE: Final = "a text that begins with this sign needs quotes"
_WHY: Final = {
    "found character '\\t'": "a tab stands there; YAML is indented by spaces alone",
    "found character": _QUOTE,
    "found undefined alias": _QUOTE,
    "could not determine a constructor": _QUOTE,
    "mapping values are not allowed": "a line too far to the right, or a text with `: ` that needs"
    " quotes",
    "could not find expected ':'": "a key without its `:`, in this line or the one before",
    "expected <block end>": "it is not indented as the lines that it belongs to",
    "found unexpected end of stream": "a quote is not closed",
}
"""By how PyYAML's words begin."""


class YamlFileError(SettingsError):
    """A file cannot be read as YAML. `detail` is the line and why, as the end of a sentence."""

    def __init__(self, what: str, detail: str, *, is_missing: bool = False) -> None:
        self.detail, self.is_missing = detail, is_missing
        super().__init__(f"{what}{detail}")


class _Mistake(yaml.MarkedYAMLError):
    """One in our own words; PyYAML's may quote the file."""

    def __init__(self, problem: str, mark: yaml.Mark) -> None:
        super().__init__(problem=problem, problem_mark=mark)


class _Loader(yaml.SafeLoader):
    """As the safe one, but that whatever a value raises names its line, and no key comes twice."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Where the keys are as they are written, before one mapping is merged into another."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        found: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in found:
                    name = f" {key.value}" if _KEY.fullmatch(key.value) else ""
                    raise _Mistake(f"the key{name} stands there twice", key.start_mark)
                found.add(key.value)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001 - PyYAML's own
        try:
            return super().construct_object(node, deep)
        except _FAULTS:
            raise _Mistake(_NO_VALUE, node.start_mark) from None


def load_yaml(path: Path) -> Any:
    """What a file holds; raises YamlFileError, and nothing else, where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        is_missing = isinstance(error, FileNotFoundError)
        what, detail = f"cannot read {path}", f": {error.strerror}"
        raise YamlFileError(what, detail, is_missing=is_missing) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _invalid(path, f" in line {line}: it is no UTF-8") from None
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise _invalid(path, _explain(error, text)) from None
    except (ArithmeticError, ValueError):  # an escape such as "\UFFFFFFFF", which has no line
        raise _invalid(path, f": {_NO_VALUE}") from None
    except RecursionError:
        raise _invalid(path, ": it is nested too deeply") from None


def _invalid(path: Path, detail: str) -> YamlFileError:
    return YamlFileError(f"{path} is not valid YAML", detail)


def _explain(error: yaml.YAMLError, text: str) -> str:
    """The line, and why where that is known. PyYAML's own words may quote the file."""
    if isinstance(error, yaml.reader.ReaderError):
        return f" in line {text.count(chr(10), 0, error.position) + 1}: a letter that YAML refuses"
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return ""
    place = f" in line {mark.line + 1}"
    if isinstance(error, _Mistake):
        return f"{place}: {error.problem}"
    line = text.splitlines()[mark.line : mark.line + 1]
    is_template = any(sign in one for one in line for sign in ("{{", "{%", "{#"))
    return f"{place}: {NEEDS_QUOTES}" if is_template else _in_our_words(error, place)


def _in_our_words(error: Any, place: str) -> str:
    """What PyYAML's commonest complaints come from."""
    problem, opened = error.problem or "", error.context_mark
    if problem.startswith(_UNCLOSED) and opened is not None:
        return f" in line {opened.line + 1}: what begins there with [ or {{ is not closed"
    why = next((said for begins, said in _WHY.items() if problem.startswith(begins)), None)
    return f"{place}: {why}" if why else place
