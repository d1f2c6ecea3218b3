"""Expectations of the installation's own: `<step>.yaml` in `expectations_dir`, in GX's words.

Read without GX, which takes seconds; whether GX has such an expectation and such arguments is
looked at by `gx.py`, before it runs any.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import Field, ValidationError, field_validator, model_validator

from loyalty_desk.errors import SettingsError
from loyalty_desk.quality.steps import Severity, Step
from loyalty_desk.quality.suites import ColumnCheck, suite
from loyalty_desk.settings.mistakes import explain_mistakes
from loyalty_desk.settings.stores_file import (
    StoreSettings,
    installation,
    stores_file,
)
from loyalty_desk.settings.strict import Strict
from loyalty_desk.settings.yaml_files import YamlFileError, load_yaml

_MEMBERS: Final = (
    "member_id",
    "status",
    "email_state",
    "points_balance",
    "points_pending",
    "credits_balance",
    "points_to_next_tier",
    "tier",
    "next_tier",
    "points_expire_on",
    "has_email",
    "has_referral_url",
)
_CUSTOMERS: Final = ("customer_id", "email_state", "updated_at_utc", "has_email")
_MATCH: Final = ("customer_id", "member_id", "rule", "outcome")
_CHANGES: Final = (
    "customer_id",
    "destination",
    "member_id",
    "outcome",
    "kind",
    "state",
    "attempts",
    "points_balance",
    "tier",
)
COLUMNS: Final[Mapping[Step, tuple[str, ...]]] = {
    Step.MEMBERS: _MEMBERS,
    Step.CUSTOMERS: _CUSTOMERS,
    Step.MATCH: _MATCH,
    Step.PLAN: _CHANGES,
    Step.PUSH: _CHANGES,
}
"""What a file of each step may look at. The first column is the id of a row."""

_BATCHES: Final[Mapping[Step, str]] = {
    Step.MEMBERS: "checks/expected/select_expected_members",
    Step.CUSTOMERS: "checks/expected/select_expected_customers",
    Step.MATCH: "checks/expected/select_expected_match",
    Step.PLAN: "checks/expected/select_expected_changes",
    Step.PUSH: "checks/expected/select_expected_changes",
}
_BETWEEN: Final = "expect_column_values_to_be_between"
_NUMBER: Final = (int, float, type(None))
_COLUMNS: Final = frozenset({"column", "column_A", "column_B", "column_list"})
"""The arguments of GX's expectations that name columns."""


class Expectation(Strict):
    """One entry of a file: an expectation as GX writes it, with a name and its stores."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,79}$",
        description="A lower-case letter, then such letters, digits or _, 80 characters at most.",
    )
    type: str = Field(
        pattern=r"^expect_[a-z_]+$", description="An expectation of Great Expectations by its name."
    )
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Severity = Severity.WARNING
    description: str = Field(min_length=1, max_length=200)
    only_stores: tuple[str, ...] = ()
    """Those that it is for; empty: all."""

    @field_validator("kwargs")
    @classmethod
    def _are_arguments(cls, kwargs: dict[str, Any]) -> dict[str, Any]:
        # Each has a line of its own in the entry; given twice, one of them would be ignored.
        taken = kwargs.keys() & {"severity", "description", "meta", "result_format", "id"}
        if taken:
            raise ValueError(f"{', '.join(sorted(taken))} cannot stand here")
        return kwargs

    @model_validator(mode="after")
    def _compares_numbers(self) -> Expectation:
        # GX makes a time of a date, and PostgreSQL compares none with a text.
        bounds = (self.kwargs.get("min_value"), self.kwargs.get("max_value"))
        if self.type == _BETWEEN and not all(isinstance(one, _NUMBER) for one in bounds):
            raise ValueError(
                "min_value and max_value must be numbers; dates are text here, so look at them "
                "with expect_column_values_to_match_regex"
            )
        return self


def installed_checks(store: str, steps: Iterable[Step]) -> dict[Step, tuple[ColumnCheck, ...]]:
    """What the installation's files ask of a store, by step; raises as `own_checks` does."""
    found, folder = stores_file(), installation().expectations_dir
    names = {*found.stores, *found.problems} - {""}
    return {step: own_checks(folder, step, found.get(store), names) for step in steps}


def own_checks(
    folder: Path, step: Step, store: StoreSettings, stores: Collection[str]
) -> tuple[ColumnCheck, ...]:
    """Return what the step's file asks of a store; nothing where there is no such file.

    `stores` are the names that an entry may list.

    Raises:
        SettingsError: the file is not as it must be. It names the file, the entry and the remedy.
    """
    _check_names(folder)
    path = folder / f"{step}.yaml"
    found: list[ColumnCheck] = []
    taken = {check.name for check in suite(step, store)}
    for number, entry in enumerate(_entries(path), start=1):
        place = f"{path}: expectation {number}"
        try:
            one = Expectation.model_validate(entry)
        except ValidationError as error:
            raise SettingsError(explain_mistakes(place, error, Expectation)) from None
        place = f"{place} ({one.name})"
        if one.name in taken:
            raise SettingsError(f"{place}: there is a check of that name; give it another")
        taken.add(one.name)
        _check_columns(place, step, one.kwargs)
        if unknown := sorted(set(one.only_stores).difference(stores)):
            raise SettingsError(
                f"{place}: no store {', '.join(unknown)}; there are {', '.join(sorted(stores))}"
            )
        if one.severity is Severity.ROW and "mostly" in one.kwargs:
            raise SettingsError(
                f"{place}: `row` sets every row at fault aside, so it takes no `mostly`; use "
                "`warning` or `critical` for a share"
            )
        if not one.only_stores or store.name in one.only_stores:
            found.append(_check(step, one))
    return tuple(found)


def _check_names(folder: Path) -> None:
    """A file of no step would never be read, and nobody would know."""
    read = [f"{step}.yaml" for step in Step]
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        if path.name not in read:
            raise SettingsError(f"{path} is of no step: name it one of {', '.join(read)}")


def _entries(path: Path) -> list[Any]:
    try:
        content = load_yaml(path)
    except YamlFileError as error:
        if error.is_missing:
            return []
        raise
    if content is None:
        return []
    entries = content.get("expectations") if isinstance(content, dict) else None
    if not isinstance(entries, list) or set(content) != {"expectations"}:
        raise SettingsError(f"{path} must hold the key `expectations`, a list, and nothing else")
    return entries


def _check_columns(place: str, step: Step, kwargs: Mapping[str, Any]) -> None:
    asked: set[str] = set()
    for key in _COLUMNS & kwargs.keys():
        value = kwargs[key]
        asked.update(map(str, value if isinstance(value, list) else [value]))
    if unknown := sorted(asked.difference(COLUMNS[step])):
        raise SettingsError(
            f"{place}: no column {', '.join(unknown)} after {step}; there are "
            f"{', '.join(COLUMNS[step])}"
        )


def _check(step: Step, one: Expectation) -> ColumnCheck:
    return ColumnCheck(
        name=one.name,
        severity=one.severity,
        says=one.description,
        batch=_BATCHES[step],
        id_column=COLUMNS[step][0],
        expectation=one.type,
        arguments=one.kwargs,
    )
