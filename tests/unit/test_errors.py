"""What a failure says: what is wrong, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loyalty_desk import errors
from loyalty_desk.errors import (
    LoyaltyDeskError,
    NoTurnError,
    SettingsError,
    TemporaryError,
    explain,
    explain_at_once,
)


def kinds(base: type[LoyaltyDeskError] = LoyaltyDeskError) -> Iterator[type[LoyaltyDeskError]]:
    yield base
    for kind in base.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield from kinds(kind)


@pytest.mark.parametrize("kind", list(kinds()))
def test_every_failure_says_what_to_do_in_its_message_or_after_it(
    kind: type[LoyaltyDeskError],
) -> None:
    in_message = {"BrakeError": "run once with release_brake", "RunAbandonedError": "start a new"}

    assert kind.what_to_do or kind.__name__ in in_message
    assert kind.what_to_do.endswith(".") is False


def test_a_temporary_failure_asks_nobody_to_act() -> None:
    assert explain(TemporaryError("no answer.")) == (
        "no answer. It is tried again by itself, and in the next run"
    )


def test_an_unforeseen_failure_names_its_kind_only_as_its_message_may_hold_people() -> None:
    said = explain(ValueError("ada@example.test"))

    assert said.startswith("ValueError, which nobody foresaw. Clear the failed task once")
    assert "ada" not in said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NoTurnError("a sync works."), "a sync works. Run it again when the sync has ended, or"),
        (SettingsError("no such store"), "no such store"),
        (TemporaryError("no answer"), "no answer"),
    ],
    ids=["to be done", "a task's", "tried again by nobody"],
)
def test_a_command_says_what_to_do_but_for_what_airflow_does(
    error: LoyaltyDeskError, said: str
) -> None:
    told = explain_at_once(error)

    assert told.startswith(said)
    assert "task" not in told
    assert "tried again" not in told
