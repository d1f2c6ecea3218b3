"""The lists of metrics: the code, its page and the dashboard say the same."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from loyalty_desk.watching.gauges import GAUGES, gauges_markdown
from tests.project import PROJECT_ROOT

DASHBOARD = json.loads((PROJECT_ROOT / "include/grafana/loyalty-desk.json").read_text())
OURS = re.compile(r"airflow_loyalty_desk_(\w+)(?:\{([^}]*)\})?")
AIRFLOWS = {"airflow_executor_open_slots", "airflow_executor_running_tasks"} | {
    "airflow_executor_queued_tasks"
}


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def queries() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def test_the_page_lists_every_metric_as_the_code_does() -> None:
    page = (PROJECT_ROOT / "docs/watching.md").read_text(encoding="utf-8")
    assert gauges_markdown() in page


def test_the_dashboard_shows_every_metric_and_no_other() -> None:
    shown = {name for query in queries() for name, _ in OURS.findall(query)}
    assert shown == set(GAUGES)
    others = {name for query in queries() for name in re.findall(r"airflow_[a-z_]+", query)}
    assert {name for name in others if "loyalty_desk" not in name} == AIRFLOWS


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_a_panel_uses_only_tags_that_its_metrics_have(panel: dict[str, Any]) -> None:
    assert panel["description"]
    for target in panel["targets"]:
        for name, filters in OURS.findall(target["expr"]):
            tags = set(GAUGES[name][0].split(", "))
            assert set(re.findall(r"(\w+)(?==)", filters)) <= tags
            grouped = re.findall(r"by \(([^)]*)\)", target["expr"])
            assert set(", ".join(grouped).split(", ")) - {""} <= tags
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= tags


def test_no_two_panels_lie_on_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
