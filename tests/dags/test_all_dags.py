"""What holds for every DAG: its id, what people read about it in Airflow, and its code's place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.project import PROJECT_ROOT

Dags = Mapping[str, Any]


def test_the_ids_stay(dags: Dags) -> None:
    assert set(dags) == {
        "award_incident__one",
        "award_points__one",
        "desk_watch",
        "erase_person__one",
        "goodwill_report__one",
        "gorgias_connect__one",
        "gorgias_disconnect__one",
        "housekeeping__one",
        "loyalty_sync__one",
        "loyalty_sync__wrong",
        "mismatch_report__one",
        "refresh_cards__one",
    }


def test_what_people_alone_may_start_has_no_schedule(dags: Dags) -> None:
    """In compose no DAG is paused at first; so these may have nothing that starts them."""
    by_hand = {dag_id.partition("__")[0] for dag_id, dag in dags.items() if dag.schedule is None}

    assert by_hand == {
        *("award_incident", "desk_watch", "erase_person"),
        *("gorgias_connect", "gorgias_disconnect"),
    }


def test_each_says_what_it_is_for_in_one_line(dags: Dags) -> None:
    for dag_id, dag in dags.items():
        assert dag.description, dag_id
        assert dag.description.endswith("."), dag_id
        assert dag.description.isprintable(), dag_id
        assert len(dag.description) <= 100, dag_id
        assert dag.doc_md, dag_id


def test_each_has_a_name_of_its_own_that_ends_with_its_store(dags: Dags) -> None:
    names = {dag_id: dag.dag_display_name for dag_id, dag in dags.items()}
    assert len(set(names.values())) == len(names)
    for dag_id, name in names.items():
        _, _, store = dag_id.partition("__")
        assert "_" not in name.removesuffix(store), dag_id
        assert not store or name.endswith(f": {store}"), dag_id


def test_each_field_of_a_form_has_a_title(dags: Dags) -> None:
    for dag_id, dag in dags.items():
        for name in dag.params:
            assert dag.params.get_param(name).schema.get("title"), f"{dag_id}: {name}"


def test_each_has_the_tag_of_all_and_begins_at_one_time(dags: Dags) -> None:
    for dag_id, dag in dags.items():
        assert "loyalty_desk" in dag.tags, dag_id
        assert not dag.catchup, dag_id
    assert len({dag.start_date for dag in dags.values()}) == 1
    assert dags["award_points__one"].tags == {"loyalty_desk", "one", "rivo"}


def test_each_belongs_to_the_file_that_asked_for_it(dags: Dags) -> None:
    """Airflow shows that file's code, and a task reads the file again before it runs."""
    folder = PROJECT_ROOT / "dags"
    assert {Path(dag.fileloc).parent for dag in dags.values()} == {folder}
    assert Path(dags["loyalty_sync__wrong"].fileloc) == folder / "loyalty_sync.py"


def test_the_lines_of_every_store_s_dag_tell_their_store(dags: Dags) -> None:
    from loyalty_desk.orchestration.log_context import FAMILIES

    assert {dag_id.partition("__")[0] for dag_id in dags if "__" in dag_id} == set(FAMILIES)


def test_a_permanent_failure_is_tried_again_by_no_task(dags: Dags) -> None:
    from airflow.sdk import RetryAction

    from loyalty_desk.errors import BrakeError

    for dag_id in set(dags) - {"loyalty_sync__wrong"}:
        for task in dags[dag_id].tasks:
            decided = task.retry_policy.evaluate(BrakeError("x"), 1, 3)
            assert decided.action is RetryAction.FAIL, f"{dag_id}: {task.task_id}"
