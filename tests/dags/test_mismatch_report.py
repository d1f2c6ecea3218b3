from __future__ import annotations


def test_the_report_comes_after_each_sync_and_on_the_store_s_own_schedule(load) -> None:
    bag = load(
        {
            "one": {"platform": "rivo"},
            "two": {"platform": "rivo", "reports": {"schedule": None}},
        }
    )

    assert bag.import_errors == {}
    one, two = (bag.dags[f"mismatch_report__{store}"] for store in ("one", "two"))
    assert one.schedule.timetable.expression == "0 7 * * 1-5"
    assert [asset.name for asset in one.schedule.asset_condition.objects] == ["one_sync_report"]
    assert [asset.name for asset in two.schedule] == ["two_sync_report"]
    assert not one.params["force"]
    assert not one.get_task("send").upstream_task_ids, "an alert that fails holds up no mail"
