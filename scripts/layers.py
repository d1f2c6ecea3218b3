"""The house as docs/developing.md shows it, made from the contracts and the packages' docstrings.

`python -m scripts.layers` writes that part of the page anew; a test fails while it is stale.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "developing.md"
PACKAGE = ROOT / "plugins" / "loyalty_desk"
BEGIN = "<!-- What follows is written by `python -m scripts.layers`. -->\n"
END = "<!-- Here it ends. -->\n"
NEVER = "Never: "


def draw_house() -> str:
    """The picture of the layers, and a table with a line for each folder of the package."""
    contracts = _read_contracts()
    layers = contracts["layers"]["layers"]
    with_airflow = {rule.split(".")[1] for rule in contracts["airflow"]["ignore_imports"]}
    lines = [
        "```text",
        *_picture(contracts["tree"]["layers"], layers, with_airflow),
        "```",
        "",
        "| In `plugins/loyalty_desk/` | What belongs there | What never does |",
        "| --- | --- | --- |",
        *(row for layer in layers for name in _names(layer) for row in _rows(name)),
    ]
    return "\n".join(lines) + "\n"


def with_house(page: str) -> str:
    """The page with its part between its two comments made anew."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{draw_house()}\n{END}{rest.partition(END)[2]}"


def _read_contracts() -> dict[str, dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {one["id"]: one for one in settings["tool"]["importlinter"]["contracts"]}


def _names(layer: str) -> list[str]:
    return [name.strip() for name in re.split(r"[|:]", layer)]


def _picture(
    tree: Sequence[str], layers: Sequence[str], with_airflow: Collection[str]
) -> Iterator[str]:
    """The folders of the project, the last of them, the package, as a box of its layers."""
    shown = [
        re.sub(r"\w+", lambda name: f"{name[0]}*" if name[0] in with_airflow else name[0], layer)
        for layer in layers
    ]
    *above, package = (layer.replace("plugins.", "") for layer in tree)
    width = max(map(len, [*shown, *above])) + 4
    for layer in above:
        yield layer.center(width + 2).rstrip()
    yield f"┌{f' {package} '.center(width, '─')}┐"
    for layer in shown:
        yield f"│{layer.center(width)}│"
    yield f"└{'─' * width}┘"


def _rows(name: str) -> Iterator[str]:
    """The line of a layer, and of each folder in it that says something of its own."""
    folder = PACKAGE / name
    if not (folder / "__init__.py").is_file():  # a folder may have left its byte-code behind
        yield from _row(f"{name}.py", PACKAGE / f"{name}.py")
        return
    yield from _row(f"{name}/", folder / "__init__.py")
    for inner in sorted(folder.glob("*/__init__.py")):
        yield from _row(f"{name}/{inner.parent.name}/", inner)


def _row(shown: str, file: Path) -> Iterator[str]:
    told = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    what, *more = (" ".join(paragraph.split()) for paragraph in told.split("\n\n"))
    never = [paragraph.removeprefix(NEVER) for paragraph in more if paragraph.startswith(NEVER)]
    if never:
        yield f"| `{shown}` | {what} | {never[0]} |"


def main() -> None:
    PAGE.write_text(with_house(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
