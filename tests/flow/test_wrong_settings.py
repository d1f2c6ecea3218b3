"""What an engineer sees when something is set up wrongly: one clear line, no secret in a log."""

from __future__ import annotations

import re

import pytest

from loyalty_desk.records import RunState
from tests import airflow_home
from tests.flow.world import in_turn

pytestmark = pytest.mark.flow

NOWHERE = "http://127.0.0.1:9"


BAD_CONNECTIONS = [
    ("gorgias_demo", {"password": "wrong-secret"}, "gorgias_demo"),
    ("gorgias_demo", {"password": ""}, "password"),
    ("gorgias_demo", {"host": ""}, "has no host"),
    ("gorgias_demo", {"host": "http://shop.example.com"}, "use https"),
    ("gorgias_demo", {"host": NOWHERE}, "gorgias_demo"),
    ("rivo_demo", {"password": "wrong-secret"}, "rivo_demo"),
    ("rivo_demo", {"host": NOWHERE}, "rivo_demo"),
]


@pytest.mark.parametrize(
    ("case", "staging_url"), in_turn(BAD_CONNECTIONS), indirect=["staging_url"]
)
def test_a_bad_connection_is_named_with_what_to_mend(world, sync, capfd, case) -> None:
    conn_id, change, says = case
    world.change_connection(conn_id, change)

    record = sync()

    assert record.state == RunState.FAILED
    assert says in record.failure
    assert "\n" not in record.failure
    assert "wrong-secret" not in "".join(capfd.readouterr())


def test_a_wrong_store_fails_as_a_dag_of_its_own_and_says_why(world, sync) -> None:
    world.settings = {"brake": {"max_chnges": 1}}

    dag = sync.load_dag()

    assert "no such key; allowed are max_changes" in dag.doc_md


@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)
def test_a_wrong_file_of_expectations_ends_the_run_before_anything_is_read(
    world, sync, monkeypatch
) -> None:
    entry = "{name: x, type: expect_column_values_to_be_null, kwargs: {column: mail}}"
    folder = world.folder / "expectations"
    folder.mkdir()
    (folder / "push.yaml").write_text(f"expectations:\n  - {entry}\n", encoding="utf-8")
    monkeypatch.setenv("LOYALTY_DESK_EXPECTATIONS_DIR", str(folder))

    record = sync()

    assert record.state == RunState.FAILED
    assert "push.yaml: expectation 1: description: must be given" in record.failure
    assert world.requests("GET", "/api/customers") == 0


def test_no_log_holds_a_secret_an_email_or_a_body(world) -> None:
    world.settings = {"push_to": ["customer_data", "custom_fields"]}
    world.fault("gorgias", effect="status", status=400, method="PUT", count=2)
    world.fault("gorgias", effect="html", route="/api/tickets", count=1)
    world.fault("rivo", effect="truncate", count=1)

    airflow_home.migrated()
    output = world.start_process("airflow", "dags", "test", "loyalty_sync__demo").communicate()[0]

    assert world.records()[0].pushed > 100
    assert "members: 260 fetched" in output, "the log was not captured"
    for secret in world.secrets():
        assert secret not in output
    assert re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+", output) == []
    for word in ("referral_code", "points_tally", "Something went wrong"):
        assert word not in output
