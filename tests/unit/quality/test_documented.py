"""docs/quality.md lists every check of data, and says of the others that they are tripwires."""

from __future__ import annotations

import re

from loyalty_desk.quality.steps import Step
from loyalty_desk.quality.suites import TRIPWIRE, suite
from tests.factories import store_settings
from tests.project import PROJECT_ROOT


def test_the_docs_list_every_check_of_data() -> None:
    page = (PROJECT_ROOT / "docs" / "quality.md").read_text("utf-8")
    listed = re.findall(r"^\| `(\w+)` \| `(\w+)` \| [^|`]+ \| `(\w+)` \|$", page, re.MULTILINE)

    assert listed == [
        (step.value, check.name, check.severity.value)
        for step in Step
        for check in suite(step, store_settings())
        if not check.says.startswith(TRIPWIRE)
    ]
