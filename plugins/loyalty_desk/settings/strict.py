"""What every section of a settings file has: no unknown key, and no `yes` for a number."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticKnownError


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _yes_is_no_number(cls, value: Any, told: ValidationInfo) -> Any:
        """YAML's `yes` and `on` are true, which Python would take for the number 1."""
        if isinstance(value, bool) and told.field_name:
            kinds = set(_kinds(cls.model_fields[told.field_name].annotation))
            if bool not in kinds and kinds & {int, float}:
                raise PydanticKnownError("int_type" if int in kinds else "float_type")
        return value


def _kinds(annotation: Any) -> Iterator[Any]:
    """The types that a field takes, but for those inside of a list or a mapping."""
    if isinstance(annotation, UnionType) or get_origin(annotation) in {Annotated, Union}:
        for one in get_args(annotation):
            yield from _kinds(one)
    else:
        yield annotation
