"""`python -m loyalty_desk awards`: what is printed, what is kept, and the exit code."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.__main__ import main
from loyalty_desk.awards.queue import Door, get_award, get_events, list_awards, queue_award
from loyalty_desk.awards.requests import read_request
from loyalty_desk.clock import utc_text
from loyalty_desk.records import AwardState
from loyalty_desk.settings import stores_file as settings
from loyalty_desk.staging import award_schema
from tests.conftest import SetConnection
from tests.factories import LATER, NOW, STORE, store_settings
from tests.forget import forget_engine
from tests.sql.staged import Staged

HEAD = "member_id,amount,unit,reason\n"
Awards = Callable[..., int]


def forget_settings() -> None:
    """Settings and the staging engine are kept per process; a test has its own."""
    settings.installation.cache_clear()
    forget_engine()


@pytest.fixture
def awards(staging_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Awards]:
    """Runs `awards VERB --store acme ...` and returns its exit code."""
    stores = tmp_path / "stores.yaml"
    stores.write_text(f"stores:\n  {STORE}:\n    platform: rivo\n  other:\n    platform: rivo\n")
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    forget_settings()
    yield lambda verb, *rest, store=STORE: main(["awards", verb, "--store", store, *map(str, rest)])
    forget_settings()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of two good rows and, between them, a bad one."""
    path = tmp_path / "awards.csv"
    path.write_text(f"{HEAD}7,50,,gesture\n7,sEcret,,gesture\n8,-2.5,credits,other\n")
    return path


def queue(staging: Engine, state: str = "queued", **values: str) -> str:
    """An award in the queue, brought to `state`; returns its id."""
    fields = {"member_id": "7", "amount": "50", "reason": "gesture", "agent": "ada", **values}
    store = store_settings()
    with staging.begin() as connection:
        request = read_request(fields, store.awards)
        now = LATER if "note" in values else NOW
        award = queue_award(connection, store, request, now, door=Door.FILE).award_id
        connection.execute(
            text("UPDATE awards SET state = :state, sends = 2 WHERE award_id = :award"),
            {"state": state, "award": award},
        )
    return award


def test_import_prints_bad_lines_with_their_reason_and_queues_nothing(
    staging: Engine, awards: Awards, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert awards("import", file) == 1
    printed = capsys.readouterr()
    assert printed.out == "0 queued, 0 queued before, 1 bad\n"
    assert printed.err == (
        "line 3: amount: must be a number such as 50 or -12.50\n"
        "nothing was queued; mend the rows, or use --skip-bad\n"
    )
    assert awards("list") == 0
    assert capsys.readouterr().out == ""


def test_import_skips_bad_rows_and_still_says_that_there_were_some(
    staging: Engine, awards: Awards, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert awards("import", file, "--skip-bad", "--agent", "eve") == 1
    printed = capsys.readouterr()
    assert printed.out == "2 queued, 0 queued before, 1 bad\n"
    assert printed.err == "line 3: amount: must be a number such as 50 or -12.50\n"

    file.write_text(file.read_text().replace("sEcret", "5"))
    assert awards("import", file, "--agent", "eve") == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("1 queued, 2 queued before, 0 bad\n", "")
    with staging.begin() as connection:
        assert connection.execute(text("SELECT DISTINCT agent FROM awards")).all() == [("eve",)]


def test_import_names_rows_that_are_the_same_and_a_dry_run_queues_nothing(
    awards: Awards, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "same.csv"
    file.write_text("member_id;amount;reason\n7;5;other\n7;5;other\n")
    for flags, says in ([("--dry-run",), "adds 10 points\n2 would be queued"], [(), "2 queued"]):
        assert awards("import", file, *flags) == 0
        printed = capsys.readouterr()
        assert printed.out.endswith(f"{says}, 0 queued before, 0 bad\n")
        assert printed.out.startswith("not known here: 2. No sync has read them") == bool(flags)
        assert printed.err.startswith("line 3, look at it: awards the same to the same person")


def test_a_file_that_cannot_be_read_is_one_line(
    awards: Awards, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert awards("import", tmp_path / "no.csv") == 1
    assert capsys.readouterr().err == (
        "loyalty_desk: cannot read no.csv: No such file or directory\n"
    )


@pytest.mark.parametrize("staging_url", ["sqlite"], indirect=True)
def test_a_storage_that_cannot_be_opened_is_one_line(
    awards: Awards, capsys: pytest.CaptureFixture[str], set_connection: SetConnection
) -> None:
    pytest.importorskip("sshfs")
    set_connection("nobody", conn_type="sftp", host="127.0.0.1", port=9, login="shop")
    assert awards("import", "ftp://host/a.csv") == 1
    assert awards("import", "sftp://none@/a.csv") == 1
    assert awards("import", "sftp://host/a.csv") == 1
    assert awards("import", "sftp://nobody@/a.csv") == 1

    told = [line for line in capsys.readouterr().err.splitlines() if "loyalty_desk: " in line]
    assert "ftp:// cannot be opened: Airflow knows no such storage" in told[0]
    assert "there is no Airflow connection 'none': add it" in told[1]
    assert "names its Airflow connection before an @: sftp://<connection>@/<folder>" in told[2]
    assert "the storage of sftp://nobody@/a.csv does not answer (ConnectionRefused" in told[3]


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(("import", "no.csv"), id="import"),
        pytest.param(("list",), id="list"),
        pytest.param(("show", "a1"), id="show"),
        pytest.param(("resolve", "a1", "--applied", "--why", "seen"), id="resolve"),
        pytest.param(("approve", "a1"), id="approve"),
        pytest.param(("reject", "a1"), id="reject"),
        pytest.param(("reverse", "a1", "--why", "wrong"), id="reverse"),
    ],
)
def test_an_unknown_store_is_one_line(
    awards: Awards, rest: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert awards(*rest, store="nobody") == 1
    assert capsys.readouterr().err == (
        "loyalty_desk: no store 'nobody'; the stores file has: acme, other\n"
    )


def test_list_has_a_line_an_award_the_newest_first(
    staging: Engine, awards: Awards, capsys: pytest.CaptureFixture[str]
) -> None:
    old = queue(staging, "unknown")
    new = queue(staging, amount="-2.5", unit="credits", note="sEcret", agent="eve")
    with staging.begin() as connection:
        connection.execute(text("UPDATE awards SET detail = 'why' WHERE state = 'unknown'"))
    newer = f"{new}  {utc_text(LATER)}  queued  -2.50 credits  by eve\n"
    older = f"{old}  {utc_text(NOW)}  unknown  +50 points  by ada  why\n"

    for rest, shown in [
        ((), newer + older),
        (("--most", 1), newer),
        (("--state", "unknown"), older),
        (("--state", "refused"), ""),
    ]:
        assert awards("list", *rest) == 0
        assert capsys.readouterr().out == shown
    assert awards("list", store="other") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "rest", [("--most", "0"), ("--most", "-1"), ("--most", "1" * 40), ("--state", "lost")]
)
def test_list_refuses_what_it_cannot_list(awards: Awards, rest: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit, match="2"):
        awards("list", *rest)


def test_show_has_the_award_and_its_audit_and_no_text_that_was_written(
    staging: Engine, awards: Awards, capsys: pytest.CaptureFixture[str]
) -> None:
    award = queue(staging, "unknown", idempotency_key="k1", note="sEcret", message="sEcret")
    assert awards("resolve", award, "--applied", "--why", "it is in Rivo", "--by", "eve") == 0
    capsys.readouterr()

    assert awards("show", award) == 0
    head, first, last = capsys.readouterr().out.splitlines()
    assert head == f"{award}: +50 points, applied"
    assert first == (
        f"{utc_text(LATER)}  queued  by ada  "
        '{"amount": 50, "door": "file", "idempotency_key": "k1", "reason": "gesture", '
        '"subject": "7", "unit": "points"}'
    )
    assert last.split("  ", 1)[1] == "applied: it is in Rivo  by eve  {}"


@pytest.mark.parametrize(
    "rest",
    [
        ("show",),
        ("resolve", "--applied", "--why", "seen"),
        ("approve",),
        ("reject",),
        ("reverse", "--why", "wrong"),
    ],
    ids=" ".join,
)
def test_an_award_of_another_store_is_not_there(
    staging: Engine, awards: Awards, capsys: pytest.CaptureFixture[str], rest: tuple[str, ...]
) -> None:
    award = queue(staging, "unknown")
    assert awards(rest[0], award, *rest[1:], store="other") == 1
    assert capsys.readouterr().err == f"loyalty_desk: store other has no award {award}\n"
    with staging.begin() as connection:
        assert get_award(connection, STORE, award).state == AwardState.UNKNOWN


@pytest.mark.parametrize(
    ("outcome", "state"), [("--applied", "applied"), ("--send-again", "queued")]
)
def test_resolve_settles_an_unknown_award_once_and_keeps_who_and_why(
    staging: Engine,
    awards: Awards,
    capsys: pytest.CaptureFixture[str],
    outcome: str,
    state: str,
) -> None:
    award = queue(staging, "unknown")
    assert awards("resolve", award, outcome, "--why", " asked Rivo ", "--by", "eve") == 0
    assert capsys.readouterr().out == f"{award} is {state}\n"
    with staging.begin() as connection:
        kept = get_award(connection, STORE, award)
        event = get_events(connection, STORE, award)[-1]
    assert (kept.state, kept.detail) == (state, "asked Rivo")
    assert (kept.sends == 0) == (state == "queued")
    assert (event.state, event.actor, event.detail) == (state, "eve", "asked Rivo")

    assert awards("resolve", award, outcome, "--why", "again") == 1
    with staging.begin() as connection:
        assert len(get_events(connection, STORE, award)) == 2


@pytest.mark.parametrize("state", sorted(set(AwardState) - {AwardState.UNKNOWN}))
@pytest.mark.parametrize("outcome", ["--applied", "--send-again"])
def test_resolve_leaves_any_other_award_alone(
    staging: Engine,
    awards: Awards,
    capsys: pytest.CaptureFixture[str],
    state: str,
    outcome: str,
) -> None:
    award = queue(staging, state)
    assert awards("resolve", award, outcome, "--why", "to be sure") == 1
    assert capsys.readouterr().err == (
        f"loyalty_desk: award {award} is {state}; only an unknown one can be settled\n"
    )
    with staging.begin() as connection:
        kept = get_award(connection, STORE, award)
        assert (kept.state, kept.sends) == (state, 2)
        assert len(get_events(connection, STORE, award)) == 1


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param(("--why", "seen"), id="no outcome"),
        pytest.param(("--applied", "--send-again", "--why", "seen"), id="both outcomes"),
        pytest.param(("--applied",), id="no why"),
        pytest.param(("--applied", "--why", " "), id="an empty why"),
        pytest.param(("--applied", "--why", "a\nb"), id="a why of two lines"),
        pytest.param(("--applied", "--why", "seen", "--by", ""), id="nobody"),
    ],
)
def test_resolve_needs_one_outcome_a_why_and_a_who(
    staging: Engine, awards: Awards, rest: tuple[str, ...]
) -> None:
    award = queue(staging, "unknown")
    with pytest.raises(SystemExit, match="2"):
        awards("resolve", award, *rest)
    with staging.begin() as connection:
        assert get_award(connection, STORE, award).state == AwardState.UNKNOWN


def test_a_database_without_tables_says_how_to_make_them(
    awards: Awards,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", f"sqlite:///{tmp_path / 'new.db'}")
    forget_settings()
    assert awards("list") == 1
    assert "run `python -m loyalty_desk migrate`" in capsys.readouterr().err


def test_an_award_that_waits_is_approved_or_rejected_by_name(
    staging: Engine, awards: Awards, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb, state in (("approve", "approved"), ("reject", "rejected")):
        award = queue(staging, "needs_approval", idempotency_key=verb)
        with staging.begin() as connection:  # sent before it is approved is what a restore doubts
            Staged(connection).update(award_schema.awards, {"award_id": award}, sends=0)
        assert awards(verb, award, "--by", "bo", "--why", "looked into it") == 0
        assert capsys.readouterr().out == f"{award} is {state}\n"
        with staging.connect() as connection:
            last = get_events(connection, STORE, award)[-1]
        assert (last.state, last.actor, last.detail) == (state, "bo", "looked into it")


def test_a_decision_counts_where_airflow_knows_of_no_question(
    staging: Engine, awards: Awards
) -> None:
    award = queue(staging, "needs_approval")
    with staging.begin() as connection:
        asked = {"asked_run_id": "no such run", "asked_map_index": 0}
        Staged(connection).update(award_schema.awards, {"award_id": award}, **asked)
    assert awards("approve", award, "--by", "bo") == 0


def test_whoever_asked_cannot_approve_by_command_either(
    staging: Engine, awards: Awards, capsys: pytest.CaptureFixture[str]
) -> None:
    award = queue(staging, "needs_approval")
    assert awards("approve", award, "--by", "Ada") == 1
    assert "another has to approve" in capsys.readouterr().err


def test_the_audit_says_who_ran_the_command_whomever_the_file_or_the_flag_names(
    staging: Engine, awards: Awards, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "sam")
    file.write_text("member_id,amount,reason,agent\n7,50,gesture,ada\n8,50,gesture,\n")
    assert awards("import", file, "--agent", "eve") == 0
    with staging.begin() as connection:
        found = list_awards(connection, STORE)
        firsts = [get_events(connection, STORE, one.award_id)[0] for one in found]
        connection.execute(text("UPDATE awards SET state = 'needs_approval'"))
    assert sorted(first.actor for first in firsts) == ["ada", "eve"]
    assert {json.loads(first.facts)["queued_by"] for first in firsts} == {"sam"}

    for name in ("sam", "ada"):
        award = next(one.award_id for one in found if one.agent == "ada")
        assert awards("approve", award, "--by", name) == 1
    assert awards("approve", award, "--by", "bo") == 0


def test_the_audit_says_who_ran_the_command_that_takes_an_award_back(
    staging: Engine, awards: Awards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "sam")
    award = queue(staging, "applied")
    assert awards("reverse", award, "--by", "bo", "--why", "wrong person") == 0
    with staging.begin() as connection:
        back = next(one for one in list_awards(connection, STORE) if one.award_id != award)
        first = get_events(connection, STORE, back.award_id)[0]
    assert (first.actor, json.loads(first.facts)["queued_by"]) == ("bo", "sam")


@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_what_waits_for_nobody_is_not_decided(
    staging: Engine, awards: Awards, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    award = queue(staging, "applied")
    assert awards(verb, award, "--by", "bo") == 1
    assert "is applied; it needs no approval" in capsys.readouterr().err


def test_an_applied_award_is_taken_back_once(
    staging: Engine, awards: Awards, capsys: pytest.CaptureFixture[str]
) -> None:
    award = queue(staging, "applied")
    assert awards("reverse", award, "--by", "bo", "--why", "wrong person") == 0
    printed = capsys.readouterr().out
    back = printed.split()[0]
    assert printed == f"{back} takes {award} back, and is queued\n"
    with staging.connect() as connection:
        found = get_award(connection, STORE, back)
    assert (found.amount, found.reverses, found.door) == (-50, award, "command")
    assert awards("reverse", award, "--by", "bo", "--why", "wrong person") == 1
    assert f"was reversed before, by award {back}" in capsys.readouterr().err


def test_a_marker_of_another_award_cannot_be_brought_in_by_a_reversal(
    staging: Engine, awards: Awards, capsys: pytest.CaptureFixture[str]
) -> None:
    award = queue(staging, "applied")
    assert awards("reverse", award, "--by", "bo", "--why", "[ld:0000]") == 1
    assert "note: must not hold" in capsys.readouterr().err
