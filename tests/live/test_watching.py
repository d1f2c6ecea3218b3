"""What the running services tell those who watch: metrics, lateness, logs, readiness."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest

from loyalty_desk.watching.gauges import GAUGES
from tests.live.office import LATE, LIMIT_S, Office

pytestmark = pytest.mark.flow


@pytest.fixture(scope="module")
def watched(office: Office) -> Office:
    """After a sync that was slow enough to be late, of a store with a sandbox of its own."""
    slow = {"effect": "delay", "delay_ms": 5_000, "method": "PUT"}
    office.desk.sandboxes[LATE].control("gorgias", "POST", "faults", slow)
    office.desk.sync(LATE)
    return office


def test_a_sync_that_is_not_through_in_time_is_told_once(watched: Office) -> None:
    watched.desk.wait_until(lambda: watched.alerts(LATE), "the alert", LIMIT_S)
    subjects = [alert["subject"] for alert in watched.alerts(LATE)]
    assert subjects == [f"Loyalty of {LATE}: a sync is late"]


def test_each_store_and_account_is_measured_where_airflows_metrics_go(watched: Office) -> None:
    desk, collector = watched.desk, watched.collector
    run_id = desk.api.trigger("desk_watch")
    desk.wait_until(
        lambda: desk.api.get_run("desk_watch", run_id)["state"] == "success", "the run", LIMIT_S
    )
    prefix = "airflow.loyalty_desk."

    own_cards = "SELECT COUNT(*) AS n FROM pushed_cards WHERE store = :store"
    pushed = desk.rows(own_cards, store=LATE)[0]["n"]
    assert pushed > 50
    assert collector.newest(f"{prefix}run_pushed", store=LATE) == pushed
    assert collector.newest(f"{prefix}run_planned", store=LATE) == pushed
    assert collector.newest(f"{prefix}run_ok", store=LATE) == 1
    age_s = collector.newest(f"{prefix}data_age_s", store=LATE)
    assert age_s is not None, sorted({p.name for p in collector.points if prefix in p.name})
    assert 0 < age_s < 3_600
    assert collector.newest(f"{prefix}awards", store=LATE, state="queued") == 0
    wrote = desk.rows(
        "SELECT COUNT(*) AS n FROM mismatches WHERE side = 'customer'"
        " AND outcome = 'customer_not_found' AND settled_at_utc IS NULL AND store = :store",
        store=LATE,
    )[0]["n"]
    not_found = {"side": "customer", "class": "customer_not_found"}
    assert collector.newest(f"{prefix}mismatches", store=LATE, **not_found) == (wrote or None)
    account = urlsplit(desk.sandboxes[LATE].gorgias_url).netloc
    used = collector.newest(f"{prefix}budget_used", account=account)
    assert used is not None
    assert 0 <= used <= 1
    told = {
        point.name.removeprefix(prefix)
        for point in collector.points
        if prefix in point.name and {LATE, account} & set(point.tags.values())
    }
    assert told == set(GAUGES)


def test_airflows_own_metrics_go_there_too(watched: Office) -> None:
    watched.desk.wait_until(
        lambda: watched.collector.newest("airflow.executor.open_slots") is not None,
        "Airflow's metrics",
        LIMIT_S,
    )


def test_each_line_of_a_tasks_log_tells_store_and_run(watched: Office) -> None:
    home = watched.desk.place.directory / "airflow" / "logs"
    log = next(
        home.glob(f"dag_id=loyalty_sync__{LATE}/run_id=*/task_id=extract_members/attempt=1.log")
    )
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    ours = [line for line in lines if line.get("logger", "").startswith("loyalty_desk")]
    assert ours
    for line in ours:
        assert line["store"] == LATE
        assert line["run_id"].startswith("manual__")


def test_the_desk_says_that_it_is_ready(watched: Office) -> None:
    url = f"{watched.desk.place.airflow_url}/loyalty/api/v1/ready"
    answer = watched.desk.session.get(url, timeout=10)
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})
