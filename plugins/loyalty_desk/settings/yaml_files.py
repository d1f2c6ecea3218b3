"""YAML that people write: read in one way, with one failure that says the line where known."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml

from loyalty_desk.errors import SettingsError

_T = TypeVar("_T")

NEEDS_QUOTES: Final = "a value with braces needs quotes"
_NO_VALUE: Final = "no such date, number or letter; a text needs quotes"
# Of a scalar that looks like a date or a number and is none, or of a tag that does not fit.
_FAULTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_MERGE: Final = "tag:yaml.org,2002:merge"
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
    """As the safe one, but that whatever a value raises names its line, and that it keeps where a
    key comes twice.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
        self.repeated: dict[int, _Mistake] = {}
        """By the id of a mapping's node: the first key in it that comes twice."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Where the keys are as they are written, before one mapping is merged into another."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        for mistake in _repeated_keys(node).values():
            self.repeated.setdefault(id(node), mistake)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001 - PyYAML's own
        try:
            return super().construct_object(node, deep)
        except _FAULTS:
            raise _Mistake(_NO_VALUE, node.start_mark) from None


def load_yaml(path: Path) -> Any:
    """What a file holds; raises YamlFileError, and nothing else, where it cannot be read."""
    return _load(path, _whole)


def load_entries(path: Path, key: str) -> tuple[Any, dict[str, str]]:
    """What a file holds, but for those entries of its `key` that cannot be read by themselves; and
    of each of these what is wrong, as the end of a sentence that has its name.

    Raises:
        YamlFileError: the file cannot be read, or is wrong elsewhere.
    """
    return _load(path, partial(_but_for_wrong_entries, key=key))


def _load(path: Path, build: Callable[[_Loader], _T]) -> _T:
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
        return build(_Loader(text))
    except yaml.YAMLError as error:
        raise _invalid(path, _explain(error, text)) from None
    except (ArithmeticError, ValueError):  # an escape such as "\UFFFFFFFF", which has no line
        raise _invalid(path, f": {_NO_VALUE}") from None
    except RecursionError:
        raise _invalid(path, ": it is nested too deeply") from None


def _whole(loader: _Loader) -> Any:
    return _construct(loader, loader.get_single_node(), {})


def _but_for_wrong_entries(loader: _Loader, key: str) -> tuple[Any, dict[str, str]]:
    root = loader.get_single_node()
    entries = _find_mapping(root, key)
    if entries is None:
        return _construct(loader, root, {}), {}
    below = _nodes_of(entries)
    wrong = _repeated_entries(entries)
    loader.flatten_mapping(entries)  # each that `<<` brings is an entry like the others
    by_name = {str(entry[0].value): entry for entry in entries.value}  # its own come last
    for name, (_, value) in by_name.items():
        mistake = _find_mistake(loader, value)
        if mistake is not None:
            wrong.setdefault(name, mistake)
    entries.value = [entry for name, entry in by_name.items() if name not in wrong]
    told = {name: _explain(mistake, loader.text) for name, mistake in wrong.items()}
    return _construct(loader, root, below), told


def _construct(loader: _Loader, root: yaml.Node | None, looked_at: Container[int]) -> Any:
    for node_id, mistake in loader.repeated.items():
        if node_id not in looked_at:
            raise mistake
    return None if root is None else loader.construct_document(root)


def _find_mapping(root: yaml.Node | None, key: str) -> yaml.MappingNode | None:
    if isinstance(root, yaml.MappingNode):
        for name, value in root.value:
            if name.value == key and isinstance(value, yaml.MappingNode):
                return value
    return None


def _find_mistake(loader: _Loader, node: yaml.Node) -> yaml.YAMLError | None:
    """What is wrong in a part of the file; also where it is written elsewhere and meant by `*`."""
    for one in _nodes_of(node):
        if one in loader.repeated:
            return loader.repeated[one]
    try:
        loader.construct_object(node, deep=True)
    except yaml.YAMLError as mistake:
        loader.recursive_objects, loader.deep_construct = {}, False  # as before it began
        return mistake
    return None


def _repeated_entries(node: yaml.Node) -> dict[str, yaml.YAMLError]:
    """By each key that comes twice in a mapping, or in one that is merged into it: where."""
    found: dict[str, yaml.YAMLError] = {}
    if isinstance(node, yaml.MappingNode):
        found |= _repeated_keys(node)
        merged = [value for key, value in node.value if key.tag == _MERGE]
    else:
        merged = node.value if isinstance(node, yaml.SequenceNode) else []
    for one in merged:
        found |= _repeated_entries(one)
    return found


def _nodes_of(root: yaml.Node) -> dict[int, yaml.Node]:
    """A node and all below it, by their ids."""
    found, waiting = dict[int, yaml.Node](), [root]
    while waiting:
        node = waiting.pop()
        if id(node) in found:
            continue
        found[id(node)] = node
        if isinstance(node, yaml.MappingNode):
            waiting.extend(chain.from_iterable(node.value))
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
    return found


def _repeated_keys(node: yaml.MappingNode) -> dict[str, _Mistake]:
    """By each key that comes twice: that it does, and where."""
    seen, found = set[str](), dict[str, _Mistake]()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in seen:
                name = f" {key.value}" if _KEY.fullmatch(key.value) else ""
                why = f"the key{name} stands there twice; keep one of them"
                found.setdefault(key.value, _Mistake(why, key.start_mark))
            seen.add(key.value)
    return found


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
