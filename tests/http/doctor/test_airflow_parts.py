"""Pools, workers and DAGs that are not there, or not on, in a real Airflow's database."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping

import pytest

from loyalty_desk.connect.families import own_dag_ids
from loyalty_desk.doctor.finding import Severity
from loyalty_desk.hooks import own_airflow
from tests.http.doctor.conftest import STORE, Installed
from tests.http.known_dags import set_dags
from tests.tried import nobody

QUEUES = {
    "awards": {"queue": "awards", "pool": "doctor_awards", "slots": 2},
    "syncs": {"queue": "syncs", "pool": "doctor_syncs", "slots": 4},
}


@pytest.fixture
def queued(installed: Installed) -> Iterator[Installed]:
    """With queues and pools in the stores file."""
    installed.set_stores(queues=QUEUES, **{STORE: {}})
    yield installed
    set_pools({})


def set_pools(slots: Mapping[str, int]) -> None:
    """Have Airflow hold these pools beside its own."""
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        session.query(Pool).filter(Pool.pool.like("doctor%")).delete()
        for name, number in slots.items():
            session.add(Pool(pool=name, slots=number, include_deferred=False))


def test_airflows_database_answers(installed: Installed) -> None:
    assert installed.look_once("Airflow's database").severity is Severity.FINE


def test_a_missing_pool_is_named_with_what_makes_it(queued: Installed) -> None:
    set_pools({"doctor_awards": 2})

    awards, syncs = queued.look("pools")

    assert (awards.severity, syncs.severity) == (Severity.FINE, Severity.ERROR)
    assert syncs.what == "there is no pool doctor_syncs, so its tasks never start"
    assert "airflow pools import pools.json" in syncs.commands
    assert syncs.in_compose == ("docker compose up -d initialise",)


def test_a_pool_of_another_size_is_worth_a_look(queued: Installed) -> None:
    set_pools({"doctor_awards": 2, "doctor_syncs": 128})

    _, syncs = queued.look("pools")

    assert syncs.severity is Severity.WARNING
    assert syncs.what == "pool doctor_syncs has 128 slots, and the stores file says 4"


def test_no_pools_are_missed_where_none_are_asked_for(installed: Installed) -> None:
    assert installed.look_once("pools").severity is Severity.FINE


def test_an_executor_without_queues_needs_no_workers(queued: Installed) -> None:
    assert queued.look_once("queues").severity is Severity.FINE


@pytest.fixture
def with_celery(queued: Installed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    """Airflow's own Celery, with a broker that is in this process."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    from airflow.providers.celery.executors.celery_executor import app

    monkeypatch.setattr(own_airflow, "ANSWER_LIMIT_S", 10.0)  # for a machine with much to do
    before, root = app.conf.broker_url, logging.getLogger()
    # A worker takes its process over.
    level, handlers, variables = root.level, list(root.handlers), dict(os.environ)
    app.conf.broker_url = "memory://"
    yield queued
    app.conf.broker_url = before
    root.setLevel(level)
    root.handlers[:] = handlers
    for name in os.environ.keys() - variables:
        del os.environ[name]


def test_a_queue_without_a_worker_is_named(with_celery: Installed) -> None:
    from airflow.providers.celery.executors.celery_executor import app
    from celery.contrib.testing.worker import start_worker

    with start_worker(app, pool="solo", perform_ping_check=False, queues=["awards"]):
        awards, syncs = with_celery.look("queues")

    assert (awards.severity, syncs.severity) == (Severity.FINE, Severity.ERROR)
    assert awards.what == "awards is taken by 1 worker"
    assert syncs.what == "no worker takes the queue syncs, so its tasks stay queued"
    assert syncs.commands == ("airflow celery worker --queues syncs",)


def test_a_broker_that_is_away_is_named(with_celery: Installed) -> None:
    from airflow.providers.celery.executors.celery_executor import app

    app.conf.broker_url = f"redis://:not-to-be-seen@{nobody()}/0"

    found = with_celery.look_once("queues")

    assert found.severity is Severity.ERROR
    assert found.what == "the broker of the queues does not answer"
    assert "not-to-be-seen" not in str(found)


@pytest.fixture
def own_dags() -> Iterator[dict[str, bool]]:
    yield dict.fromkeys(own_dag_ids(STORE), False)
    set_dags({})


def test_dags_that_are_on_are_fine(installed: Installed, own_dags: dict[str, bool]) -> None:
    set_dags(own_dags)

    assert installed.look_once("DAGs").severity is Severity.FINE


def test_a_paused_dag_is_named_with_the_command_that_switches_it_on(
    installed: Installed, own_dags: dict[str, bool]
) -> None:
    set_dags({**own_dags, "award_points__acme": True})

    found = installed.look_once("DAGs")

    assert (found.severity, found.store) == (Severity.WARNING, STORE)
    assert found.what == "paused: award_points__acme"
    command = "airflow dags unpause --treat-dag-id-as-regex '^(award_points__acme)$' --yes"
    assert found.commands == (command,)
    assert found.in_compose == (f"scripts/compose {command}",)


def test_a_paused_dag_without_a_schedule_is_named_too(
    installed: Installed, own_dags: dict[str, bool]
) -> None:
    set_dags({**own_dags, "erase_person__acme": True})

    assert installed.look_once("DAGs").what == "paused: erase_person__acme"


def test_a_dag_that_airflow_does_not_know_is_named(
    installed: Installed, own_dags: dict[str, bool]
) -> None:
    del own_dags["loyalty_sync__acme"]
    set_dags(own_dags)

    found = installed.look_once("DAGs")

    assert found.severity is Severity.ERROR
    assert found.what == "Airflow does not know loyalty_sync__acme"
    assert found.commands == ("airflow dags list-import-errors",)


def test_the_dag_that_measures_is_missed_where_metrics_are_on(
    installed: Installed, own_dags: dict[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_dags(own_dags)
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")

    watch, store = installed.look("DAGs")

    assert watch.what == "Airflow does not know desk_watch"
    assert store.severity is Severity.FINE
