"""What the running services tell those who watch: metrics, lateness, logs, readiness."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from loyalty_desk.watching.gauges import GAUGES
from scripts.desk import Desk, running_desk
from scripts.services import SandboxSize
from tests.live.collector import Collector, running_collector
from tests.live.notifier import told_to

pytestmark = pytest.mark.flow

STORE = "demo"
SPEED = 20.0
LATE_MINUTES = 0.5
LIMIT_S = 120.0


@dataclass(frozen=True)
class Watched:
    """The services, and what they told."""

    desk: Desk
    collector: Collector
    alerts: Path

    def alert_subjects(self) -> list[str]:
        if not self.alerts.exists():
            return []
        lines = self.alerts.read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["subject"] for line in lines]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """After a sync that was slow enough to be late."""
    folder = tmp_path_factory.mktemp("watched")
    alerts = folder / "alerts.jsonl"
    notifier = told_to(alerts)
    store = {
        "platform": "rivo",
        "schedule": None,
        "budget": {"share": 1.0},
        "alerts": {"notifiers": [notifier], "sync_late_after_minutes": LATE_MINUTES},
    }
    with running_collector() as collector:
        metrics = {
            "AIRFLOW__METRICS__OTEL_ON": "True",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_METRIC_EXPORT_INTERVAL": "2000",  # ms; a minute in production
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{collector.url}/v1/metrics",
        }
        size = SandboxSize(members=120, customers=100, seed=7, speed=SPEED)
        with running_desk(folder / "live", {STORE: store}, size, settings=metrics) as desk:
            found = Watched(desk, collector, alerts)
            slow = {"effect": "delay", "delay_ms": 5_000, "method": "PUT"}
            desk.sandbox.control("gorgias", "POST", "faults", slow)
            desk.sync(STORE)
            yield found


def test_a_sync_that_is_not_through_in_time_is_told_once(watched: Watched) -> None:
    watched.desk.wait_until(watched.alert_subjects, "the alert", LIMIT_S)
    assert watched.alert_subjects() == [f"Loyalty of {STORE}: a sync is late"]


def test_each_store_and_account_is_measured_where_airflows_metrics_go(watched: Watched) -> None:
    desk, collector = watched.desk, watched.collector
    run_id = desk.api.trigger("desk_watch")
    desk.wait_until(
        lambda: desk.api.get_run("desk_watch", run_id)["state"] == "success", "the run", LIMIT_S
    )
    prefix = "airflow.loyalty_desk."

    pushed = desk.rows("SELECT COUNT(*) AS n FROM pushed_cards")[0]["n"]
    assert pushed > 50
    assert collector.newest(f"{prefix}run_pushed", store=STORE) == pushed
    assert collector.newest(f"{prefix}run_planned", store=STORE) == pushed
    assert collector.newest(f"{prefix}run_ok", store=STORE) == 1
    age_s = collector.newest(f"{prefix}data_age_s", store=STORE)
    assert age_s is not None, sorted({p.name for p in collector.points if prefix in p.name})
    assert 0 < age_s < 3_600
    assert collector.newest(f"{prefix}awards", store=STORE, state="queued") == 0
    wrote = desk.rows(
        "SELECT COUNT(*) AS n FROM mismatches WHERE side = 'customer'"
        " AND outcome = 'customer_not_found' AND settled_at_utc IS NULL"
    )[0]["n"]
    not_found = {"side": "customer", "class": "customer_not_found"}
    assert collector.newest(f"{prefix}mismatches", store=STORE, **not_found) == (wrote or None)
    used = collector.newest(
        f"{prefix}budget_used", account=urlsplit(desk.sandbox.gorgias_url).netloc
    )
    assert used is not None
    assert 0 <= used <= 1
    told = {point.name.removeprefix(prefix) for point in collector.points if prefix in point.name}
    assert told == set(GAUGES)


def test_airflows_own_metrics_go_there_too(watched: Watched) -> None:
    watched.desk.wait_until(
        lambda: watched.collector.newest("airflow.executor.open_slots") is not None,
        "Airflow's metrics",
        LIMIT_S,
    )


def test_each_line_of_a_tasks_log_tells_store_and_run(watched: Watched) -> None:
    home = watched.desk.place.directory / "airflow" / "logs"
    log = next(
        home.glob(f"dag_id=loyalty_sync__{STORE}/run_id=*/task_id=extract_members/attempt=1.log")
    )
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    ours = [line for line in lines if line.get("logger", "").startswith("loyalty_desk")]
    assert ours
    for line in ours:
        assert line["store"] == STORE
        assert line["run_id"].startswith("manual__")


def test_the_desk_says_that_it_is_ready(watched: Watched) -> None:
    url = f"{watched.desk.place.airflow_url}/loyalty/api/v1/ready"
    answer = watched.desk.session.get(url, timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
