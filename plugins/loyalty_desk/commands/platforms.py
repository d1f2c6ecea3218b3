"""`python -m loyalty_desk platform`: what a live account can do, and what to correct."""

from __future__ import annotations

import argparse
import sys


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command with its verbs."""
    verbs = commands.add_parser("platform", help="what the loyalty platforms can do")
    inner = verbs.add_subparsers(required=True, metavar="VERB")
    about = "try what is not documented against the store's account, with reads alone"
    check = inner.add_parser("check", help=about, description=about)
    check.add_argument("--store", required=True, help="the store's name in the stores file")
    check.add_argument(
        "--member",
        help="id or address of a member to look at; default: whoever is listed first",
    )
    check.set_defaults(run=_check)
    about = "print each platform's table of what is not documented, as Markdown"
    table = inner.add_parser("guesses", help=about, description=about)
    table.set_defaults(run=_guesses)


def _check(options: argparse.Namespace) -> int:
    from tabulate import tabulate  # noqa: PLC0415 - only where a table is printed

    from loyalty_desk.hooks.connections import loyalty_platform, platform_account  # noqa: PLC0415
    from loyalty_desk.platforms.check import Verdict, check_guesses  # noqa: PLC0415
    from loyalty_desk.settings.stores_file import stores_file  # noqa: PLC0415

    store = stores_file().get(options.store)
    platform = loyalty_platform(store, max_wait_s=90.0)
    platform.check()
    findings = check_guesses(platform, platform_account(store).options, options.member)
    rows = [(one.key, one.value, one.verdict.value, one.detail) for one in findings]
    heads = ("key under api", "now", "", "seen")
    if rows:
        _say(tabulate(rows, heads, maxcolwidths=[None, 40, None, 70], missingval="null"))
    can = platform.capabilities
    _say(
        f"\n{platform.title}, store {store.name}: lists members: {_yes(can.lists_members)};"
        f" tells changes: {_yes(can.lists_changes)}; finds a booking again:"
        f" {_yes(can.reads_ledger)}; webhooks: {_yes(can.sends_webhooks)}\n"
        f"the card can have: {', '.join(sorted(can.card_keys))}"
    )
    failed = [one.key for one in findings if one.verdict is Verdict.FAILS]
    if failed:
        _say(
            f'correct {", ".join(failed)} under "api" in the extra of Airflow connection'
            f" {store.platform_conn_id!r}, or set what the account does not have to null"
        )
    return 1 if failed else 0


def _guesses(_options: argparse.Namespace) -> int:
    from loyalty_desk.platforms.check import guesses_markdown  # noqa: PLC0415
    from loyalty_desk.platforms.registry import platform_class  # noqa: PLC0415
    from loyalty_desk.settings.stores_file import OWN_PLATFORMS  # noqa: PLC0415 - only here

    kinds = [platform_class(name) for name in OWN_PLATFORMS]
    parts = ["\n".join(guesses_markdown(one.title, one.guesses)) for one in kinds if one.guesses]
    _say("\n\n".join(parts))
    return 0


def _yes(is_so: bool) -> str:  # noqa: FBT001 - a word for it
    return "yes" if is_so else "no"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
