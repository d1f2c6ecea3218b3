from __future__ import annotations

from tests.dags.test_loyalty_sync import load  # noqa: F401 - a fixture


def test_the_report_goes_out_on_the_store_s_own_schedule(load) -> None:  # noqa: F811
    bag = load(
        {
            "one": {"platform": "rivo"},
            "two": {"platform": "rivo", "reports": {"schedule": None}},
        }
    )

    assert bag.import_errors == {}
    assert bag.dags["mismatch_report__one"].schedule == "0 7 * * 1-5"
    assert bag.dags["mismatch_report__two"].schedule is None
    assert not bag.dags["mismatch_report__one"].params["force"]
