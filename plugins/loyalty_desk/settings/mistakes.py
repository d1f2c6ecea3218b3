"""Says what is wrong in a settings file: where, what stands there, and what may stand there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

LONGEST_SHOWN: Final = 40
_HIDDEN: Final = "@:"
"""Addresses of people and of hooks hold one of these; they stand in no error."""
_NUMBER: Final = "must be a number"
_MAY_BE: Final = {
    "missing": "must be given",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be {le} or less",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "string_type": "must be text",
    "string_too_short": "must be {min_length} or more characters long",
    "string_too_long": "must be {max_length} characters long at most",
    "string_pattern_mismatch": "must be as {pattern} says",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "too_short": "must have {min_length} or more",
    "too_long": "must have {max_length} at most",
    "dict_type": "must be `key: value` lines",
    "model_type": "must be `key: value` lines",
    "invalid_key": "must be text; a number needs quotes",
    "path_type": "must be a path",
    "value_error": "{error}",
}
"""By pydantic's name of the mistake; what is not here is said in pydantic's words."""


def explain_mistakes(
    what: str,
    error: ValidationError,
    model: type[BaseModel],
    spelled: Callable[[str], str] = str,
) -> str:
    """One line with each mistake: the key, what stands there, and what is allowed there.

    `spelled` says how a key is written where it is not as the model has it.
    """
    lines = []
    problems = error.errors(include_url=False)
    for problem in problems:
        if _follows_from_another(problem, problems):
            continue
        place = [part for part in problem["loc"] if part != "[key]"]
        key = spelled(".".join(str(part) for part in place))
        if problem["type"] == "extra_forbidden":
            allowed = _allowed_keys(model, problem["loc"][:-1])
            lines.append(f"{key}: {no_such_key(str(place[-1]), allowed)}")
        elif problem["type"] == "value_error" and isinstance(
            problem["input"], (BaseModel, Mapping)
        ):
            # How its keys go together is wrong, and the words name them.
            lines.append(f"{key}: {may_be(problem)}" if key else may_be(problem))
        else:
            there = "" if problem["type"] == "missing" else f" is {shown(problem['input'])}"
            told = f"{may_be(problem)}{_about(model, place, problem)}"
            lines.append(f"{key or '(all of it)'}{there}: {told}")
    return f"{what}: " + "; ".join(lines)


def no_such_key(key: str, allowed: Collection[str]) -> str:
    """What may stand where a key stands that nobody knows, and which of them it looks like."""
    near = get_close_matches(key.lower(), allowed, n=1, cutoff=0.7)
    meant = f" (did you mean {near[0]}?)" if near else ""
    return f"no such key; allowed are {', '.join(allowed)}{meant}"


def may_be(problem: Mapping[str, Any]) -> str:
    """What may stand where pydantic found something else, without what stands there."""
    told = _MAY_BE.get(problem["type"])
    if told is None:
        return str(problem["msg"])
    limits = problem.get("ctx", {}).items()
    return told.format_map({k: f"{v:g}" if isinstance(v, float) else v for k, v in limits})


def shown(value: object) -> str:
    """What stands in the file, as YAML has it, where it can be nobody's address and no secret."""
    if isinstance(value, Mapping):
        return "`key: value` lines" if value else "{}"
    if isinstance(value, (list, tuple, set)):
        return "a list" if value else "[]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    if len(text) > LONGEST_SHOWN or any(sign in text for sign in _HIDDEN):
        return f"a text of {len(text)} characters"
    return repr(value) if isinstance(value, str) else text


def _follows_from_another(problem: Mapping[str, Any], problems: Collection[Any]) -> bool:
    """Whether a list is only too short as pydantic left out what is wrong in it."""
    loc = problem["loc"]
    return problem["type"] == "too_short" and any(
        len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in problems
    )


def _about(model: type[BaseModel], place: list[int | str], problem: Mapping[str, Any]) -> str:
    """What the setting is for, where a rule alone is no help: a pattern says little to people."""
    names = [str(part) for part in place if isinstance(part, str)]
    if problem["type"] != "string_pattern_mismatch" or not names:
        return ""
    for part in names[:-1]:
        model = _inner(model, part)
    found = model.model_fields.get(names[-1])
    return f" ({found.description})" if found and found.description else ""


def _allowed_keys(model: type[BaseModel], section: tuple[int | str, ...]) -> list[str]:
    for part in section:
        model = _inner(model, part)
    return [key for key, field in model.model_fields.items() if not field.exclude]


def _inner(model: type[BaseModel], part: int | str) -> type[BaseModel]:
    """The section of a key, which may be one of a list."""
    if isinstance(part, int) or part not in model.model_fields:
        return model
    annotation = model.model_fields[part].annotation
    inner = [*get_args(annotation), annotation]
    found = (one for one in inner if isinstance(one, type) and issubclass(one, BaseModel))
    return next(found, model)
