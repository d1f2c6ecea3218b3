"""The command line as a whole: its commands and flags, and what a mistake ends with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from loyalty_desk.__main__ import app, main
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.tasks import sync

COMMANDS = {
    "awards apply": "--store",
    "awards approve": "--by --store --why AWARD",
    "awards import": "--agent --dry-run --skip-bad --store FILE",
    "awards list": "--most --state --store",
    "awards reject": "--by --store --why AWARD",
    "awards resolve": "--applied --by --send-again --store --why AWARD",
    "awards reverse": "--by --store --why AWARD",
    "awards show": "--store AWARD",
    "awards take-back": "--by --store --why BATCH",
    "backup": "FILE",
    "card": "",
    "connect": "--adopt-widget --by --plan --probe --store",
    "disconnect": "--by --clear-cards --store --waiting-awards",
    "doctor": "--json --store",
    "erase": "--customer --email --forget --member --store",
    "expectations": "--store",
    "gauges": "",
    "housekeeping": "--store",
    "link": "--by --customer --member --store",
    "macros list": "--store",
    "macros preview": "--email --html --store",
    "members preview": "--store FILE",
    "migrate": "",
    "person export": "--customer --email --file --form --member --store",
    "platform change": "--apply --by --store",
    "platform check": "--member --store",
    "platform guesses": "",
    "pools": "",
    "restored": "--by --despite-gaps --journal",
    "serve": "--access-log --connections --drain --host --port --proxy --root-path",
    "settings": "",
    "stores": "",
    "sync": "--dry-run --full-resync --limit --release-brake --store",
    "tables": "",
    "texts check": "--store",
    "tokens list": "--store",
    "tokens make": "--by --ceiling --for --label --owner --store",
    "tokens replace": "--by --hours --store TOKEN",
    "tokens revoke": "--by --store TOKEN",
}


def list_commands(command: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """Each command that does something, with all words of its name."""
    if not hasattr(command, "commands"):
        yield " ".join(path), command
        return
    for name, inner in command.commands.items():
        yield from list_commands(inner, *path, name)


def test_commands_and_flags_are_those_that_the_docs_and_scripts_of_users_know() -> None:
    found = {
        name: " ".join(
            sorted(
                part.upper() if kind == "argument" else part
                for param in command.params
                for kind, part in [(param.param_type_name, param.opts[0])]
            )
        )
        for name, command in list_commands(get_command(app))
    }
    assert found == COMMANDS


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_says_what_it_does_and_what_each_flag_is_for(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*name.split(), "--help"]) == 0
    assert f"Usage: python -m loyalty_desk {name} " in capsys.readouterr().out
    command = dict(list_commands(get_command(app)))[name]
    assert command.help
    assert all(param.help for param in command.params)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param("", id="no command"),
        pytest.param("awards", id="half a command"),
        pytest.param("tidy", id="a command that is none"),
        pytest.param("stores --all", id="a flag that is none"),
        pytest.param("sync", id="no store"),
        pytest.param("sync --store demo --limit -1", id="a limit below nothing"),
        pytest.param("link --store demo --customer ada", id="an id that is no number"),
        pytest.param("tokens make --store demo --label x --for all", id="not one of the choices"),
        pytest.param("erase --store demo", id="nobody to erase"),
        pytest.param("erase --store demo --email a@b.example --member 7", id="two to erase"),
    ],
)
def test_a_command_that_is_written_wrongly_ends_with_2_and_does_nothing(
    arguments: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments.split())
    assert "Usage: python -m loyalty_desk" in capsys.readouterr().err


def test_each_param_of_a_run_is_a_flag_and_reaches_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs: list[tuple[str, RunParams]] = []

    def run_all(store: str, run_id: str, params: dict[str, Any]) -> None:
        assert run_id.startswith("command__")
        runs.append((store, RunParams(**params)))

    monkeypatch.setattr(sync, "run_all", run_all)
    for field in RunParams.form_fields():
        assert f"--{field.replace('_', '-')}" in COMMANDS["sync"]
    for flags in ("", "--dry-run", "--full-resync", "--release-brake", "--limit 5"):
        assert main(["sync", "--store", "demo", *flags.split()]) == 0

    assert runs == [
        ("demo", RunParams()),
        ("demo", RunParams(dry_run=True)),
        ("demo", RunParams(full_resync=True)),
        ("demo", RunParams(release_brake=True)),
        ("demo", RunParams(limit=5)),
    ]


def test_a_crash_is_a_plain_traceback_without_what_variables_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run_all(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)  # typer puts its own there
    monkeypatch.setattr(sync, "run_all", run_all)
    with pytest.raises(RuntimeError) as caught:
        main(["sync", "--store", "demo"])
    sys.excepthook(caught.type, caught.value, caught.tb)

    shown = capsys.readouterr().err
    assert shown.startswith("Traceback (most recent call last):")
    assert shown.endswith("RuntimeError: broken\n")
