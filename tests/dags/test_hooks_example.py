"""The DAG in `docs/hooks.md` is one that Airflow takes, and what it calls is there."""

from __future__ import annotations

import inspect
import re

from loyalty_desk.hooks.gorgias import GorgiasHook
from loyalty_desk.hooks.loyalty import LoyaltyHook
from tests.project import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
METHOD = re.compile(r"^\| `(\w+)\(([^)]*)\)` \|", re.MULTILINE)


def test_the_example_is_a_dag() -> None:
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(source, "docs/hooks.md", "exec"), names)

    (dag,) = (names["count_tickets"](),)  # type: ignore[operator] # a function of the page

    assert set(dag.task_ids) == {"count", "points_of"}


def test_every_method_of_the_page_is_there_with_these_arguments() -> None:
    _, gorgias, loyalty = re.split(r"^\| `(?:Gorgias|Loyalty)Hook\(", PAGE, flags=re.MULTILINE)
    for hook, part in ((GorgiasHook, gorgias), (LoyaltyHook, loyalty)):
        for name, told in METHOD.findall(part):
            wanted = [one.strip() for one in told.split(",") if one.strip()]
            takes = list(inspect.signature(getattr(hook, name)).parameters)[1:]
            if name == "run":  # that of `HttpHook`, whose first is a path
                assert takes[0] == "endpoint"
            else:
                assert takes[: len(wanted)] == wanted, name
