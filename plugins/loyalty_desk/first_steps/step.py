"""One step of the check-list: its state, how that is known, and the next thing to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from loyalty_desk.doctor.finding import compose_form


class State(StrEnum):
    """What may be said of a step. Only what was seen counts as done."""

    DONE = "done"
    RUNNING = "running now"
    TO_DO = "to do"
    LATER = "later"
    """To do, and another step comes first."""
    WRONG = "wrong"
    UNSEEN = "cannot be known from here"
    NOT_NEEDED = "not needed"


SETTLED: Final = frozenset({State.DONE, State.NOT_NEEDED})
NEXT: Final = (State.WRONG, State.RUNNING, State.TO_DO)


class May(StrEnum):
    """The right that a step's next thing takes, in the words of the desk's rights."""

    SET_UP = "set up"
    SETTLE = "settle"
    UNPAUSE = "unpause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to Airflow's REST API that the visitor's own browser makes, with their log-in."""

    method: str
    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """`calls` are what it has Airflow do; `done` is said when Airflow has."""

    label: str
    calls: tuple[Call, ...]
    done: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A button that posts to a page of ours, named by `action`; `run_id` goes with it."""

    label: str
    action: str
    run_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A page of the desk; `path` is below the store. `takes` is the right to see what is there."""

    label: str
    path: str
    takes: May | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`found` is for everybody; the rest is for who may do it, and `whom` for who may not.

    `detail` is the sentence of an error, `commands` what to type in a shell of Airflow.
    """

    key: str
    title: str
    state: State = State.LATER
    found: str = ""
    detail: str = ""
    todo: str = ""
    takes: May = May.SET_UP
    whom: str = ""
    buttons: tuple[Button, ...] = ()
    form: Form | None = None
    links: tuple[Link, ...] = ()
    commands: tuple[str, ...] = ()
    in_compose: tuple[str, ...] = ()
    """What to type with Docker Compose, where that is not the same commands in a service."""

    @property
    def composed(self) -> tuple[str, ...]:
        return self.in_compose or tuple(map(compose_form, self.commands))


def unpause(dag_ids: list[str], label: str) -> Button:
    """Switches DAGs on."""
    calls = tuple(
        Call(
            method="PATCH",
            path=f"/api/v2/dags/{dag_id}?update_mask=is_paused",
            body={"is_paused": False},
        )
        for dag_id in dag_ids
    )
    return Button(label=label, calls=calls, done="Switched on.")


def trigger(dag_id: str, label: str, **conf: Any) -> Button:
    """Starts a run of a DAG by hand."""
    call = Call(
        method="POST",
        path=f"/api/v2/dags/{dag_id}/dagRuns",
        body={"logical_date": None, "conf": conf},
    )
    done = "Airflow has started it. It shows here as soon as its first task runs."
    return Button(label=label, calls=(call,), done=done)
