"""YAML that people write: read in one way, with one failure that says the line where known."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

from loyalty_desk.errors import SettingsError

NEEDS_QUOTES: Final = "a value with braces needs quotes"
_NO_VALUE: Final = "no such date, number or letter; a text needs quotes"
# Of a scalar that looks like a date or a number and is none, or of a tag that does not fit.
_FAULTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class YamlFileError(SettingsError):
    """A file cannot be read as YAML. `detail` is the line and why, as the end of a sentence."""

    def __init__(self, what: str, detail: str, *, is_missing: bool = False) -> None:
        self.detail, self.is_missing = detail, is_missing
        super().__init__(f"{what}{detail}")


class _Loader(yaml.SafeLoader):
    """As the safe one, but that whatever a value raises names its line."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001 - PyYAML's own
        try:
            return super().construct_object(node, deep)
        except _FAULTS:
            raise yaml.MarkedYAMLError(problem=_NO_VALUE, problem_mark=node.start_mark) from None


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
    if getattr(error, "problem", None) == _NO_VALUE:
        return f"{place}: {_NO_VALUE}"
    line = text.splitlines()[mark.line : mark.line + 1]
    is_template = any(sign in one for one in line for sign in ("{{", "{%", "{#"))
    return f"{place}: {NEEDS_QUOTES}" if is_template else place
