"""Every setting as Markdown tables, made from the code, for `docs/settings.md`."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from loyalty_desk.settings.project import PROJECT_ROOT, SHIPPED
from loyalty_desk.settings.queues import QueuesSettings
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.settings.stores_file import Installation, StoreSettings

HEAD = "| {} | Default | What it does |\n| --- | --- | --- |"


def settings_markdown() -> str:
    """The installation's variables, the queues, a store's keys, and a run's params as tables."""
    parts = [
        "### The installation: environment variables",
        "",
        HEAD.format("Variable"),
        *_rows(Installation, "", name_as=lambda name: f"LOYALTY_DESK_{name.upper()}"),
        "",
        "### The queues: keys of `queues` (before: `lanes`) in `include/stores.yaml`",
        "",
        HEAD.format("Key"),
        *_rows(QueuesSettings, ""),
        "",
        "### A store: keys of its entry in `include/stores.yaml`",
        "",
        HEAD.format("Key"),
        *_rows(StoreSettings, ""),
        "",
        "### A run: params of the DAG and flags of `python -m loyalty_desk sync`",
        "",
        HEAD.format("Param"),
        *_rows(RunParams, ""),
    ]
    return "\n".join(parts) + "\n"


def _rows(model: type[BaseModel], prefix: str, name_as: Any = str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from _rows(section, f"{prefix}{name}.")
        elif not field.exclude:
            allowed = _allowed(field.annotation)
            description = (
                f"{field.description} Allowed: {allowed}." if allowed else field.description
            )
            yield f"| `{name_as(prefix + name)}` | {_default(field)} | {description} |"


def _default(field: FieldInfo) -> str:
    value = field.get_default()
    if value is PydanticUndefined:
        return "(must be given)"
    if value in (None, ""):
        return "(empty)"
    if isinstance(value, Path):
        root = SHIPPED.parent if value.is_relative_to(SHIPPED) else PROJECT_ROOT
        value = value.relative_to(root)
    if isinstance(value, tuple):
        return f"`[{', '.join(str(part) for part in value)}]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _allowed(annotation: Any) -> str:
    """The values to choose from, where there are only a few."""
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    for part in get_args(annotation):
        if isinstance(part, type) and issubclass(part, StrEnum):
            return ", ".join(f"`{value}`" for value in part)
    return ""
