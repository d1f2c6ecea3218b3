"""What is kept of a person as a page that anybody can read: one file, without a script."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from loyalty_desk.privacy.export import Export


def as_page(export: Export) -> str:
    return _environment().get_template("person.html.j2").render(told=export)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["as_text"] = lambda value: json.dumps(value, indent=1, ensure_ascii=False)
    return environment
