"""How a task of the sync says why it failed: in its log, and in the note of its DAG run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from airflow.sdk.exceptions import AirflowRescheduleException

from loyalty_desk.errors import explain
from loyalty_desk.report.text import note_without_run

log = logging.getLogger(__name__)

Tell = Callable[[str], None]
"""Takes the note for the DAG run."""


def no_note(_note: str) -> None:
    """For those who start no DAG run."""


@contextmanager
def saying_why(name: str, tell: Tell = no_note) -> Iterator[None]:
    """Log what went wrong and what to do, ahead of the traceback; a task whose failure leaves no
    report has it as the note, which `tell` takes.
    """
    try:
        yield
    except AirflowRescheduleException:  # it waits for its turn, and nothing went wrong
        raise
    except Exception as error:
        log.error("%s", why := failure_text(name, error))
        tell(note_without_run(why))
        raise


def failure_text(name: str, error: Exception) -> str:
    """What went wrong where, and what to do."""
    return f"{name}: {explain(error)}"
