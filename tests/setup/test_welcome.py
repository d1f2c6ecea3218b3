"""What `make up` says of its pace: as the sandbox has it, and what a real account takes."""

from __future__ import annotations

import yaml

from sandbox.gorgias.access import LIMITS, WINDOW_S
from scripts import welcome
from scripts.services import PROJECT_ROOT, STORE, SandboxSize

SIZE = SandboxSize(members=2_000, customers=1_500)


def test_what_is_said_of_a_real_account_is_what_the_sandbox_has_without_an_allowance() -> None:
    stores = yaml.safe_load((PROJECT_ROOT / "include" / "stores.yaml").read_text(encoding="utf-8"))

    assert (LIMITS["api_key"], WINDOW_S) == (welcome.REAL_REQUESTS, welcome.REAL_WINDOW_S)
    assert stores["stores"][STORE]["budget"]["share"] == welcome.OUR_SHARE


def test_the_usual_pace_names_the_real_one_and_how_long_that_takes() -> None:
    said = welcome.describe_pace("quick", SIZE)

    assert "20 times the requests" in said
    assert "about 11 minutes" in said
    assert 'ARGS="--pace real"' in said
    assert max(map(len, said.splitlines())) < 100


def test_the_real_pace_says_how_long_it_takes() -> None:
    said = welcome.describe_pace("real", SIZE)

    assert "40 requests in 20 s" in said
    assert "about 11 minutes" in said


def test_a_first_sync_at_the_usual_size_and_pace_writes_for_less_than_a_minute() -> None:
    assert welcome.minutes_of_pushing(SIZE, welcome.PACES["quick"]) < 1
