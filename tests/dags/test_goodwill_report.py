from __future__ import annotations


def test_the_report_goes_by_a_schedule_of_its_own_and_takes_a_month(load) -> None:
    bag = load(
        {
            "one": {"platform": "rivo", "goodwill": {"schedule": "0 6 1 * *"}},
            "two": {"platform": "rivo", "goodwill": {"schedule": None}},
        }
    )

    assert bag.import_errors == {}
    one, two = (bag.dags[f"goodwill_report__{store}"] for store in ("one", "two"))
    assert one.schedule.expression == "0 6 1 * *"
    assert two.schedule is None
    assert one.params["month"] is None
    assert one.params.get_param("month").schema["pattern"]
