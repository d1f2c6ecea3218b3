"""`python -m loyalty_desk`: what an engineer does outside of Airflow's pages."""

from __future__ import annotations

import argparse
import getpass
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from loyalty_desk.clock import utc_now
from loyalty_desk.commands.awards import add_commands as add_award_commands
from loyalty_desk.commands.card import add_commands as add_card_command
from loyalty_desk.commands.connect import add_commands as add_connect_commands
from loyalty_desk.commands.macros import add_commands as add_macro_commands
from loyalty_desk.commands.platforms import add_commands as add_platform_commands
from loyalty_desk.commands.privacy import add_commands as add_privacy_commands
from loyalty_desk.commands.tokens import add_commands as add_token_commands
from loyalty_desk.errors import LoyaltyDeskError, SettingsError
from loyalty_desk.settings.run_params import RunParams
from loyalty_desk.settings.stores_file import installation, stores_file


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what it should, 1 with one line of why when not."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # ten lines a command
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except LoyaltyDeskError as error:
        sys.stderr.write(f"loyalty_desk: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m loyalty_desk", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    migrate = commands.add_parser(
        "migrate", help="make or update the tables of the staging database"
    )
    migrate.set_defaults(run=_migrate)
    backup = commands.add_parser("backup", help="copy the staging database, if it is in SQLite")
    backup.add_argument("file", type=Path, help="where to; must not exist yet")
    backup.set_defaults(run=_backup)
    restored = commands.add_parser(
        "restored", help="after a restore from a backup, before Airflow is started"
    )
    restored.add_argument("--by", default=getpass.getuser(), help="who restored; default: you")
    restored.set_defaults(run=_restored)
    stores = commands.add_parser(
        "stores", help="list the stores and what is wrong in their settings"
    )
    stores.set_defaults(run=_stores)
    pools = commands.add_parser(
        "pools", help="print the pools of the lanes for `airflow pools import`"
    )
    pools.set_defaults(run=_pools)
    gauges = commands.add_parser("gauges", help="print every metric as a Markdown table")
    gauges.set_defaults(run=_gauges)
    settings = commands.add_parser("settings", help="print every setting as Markdown tables")
    settings.set_defaults(run=_settings)
    tables = commands.add_parser("tables", help="print every staging table as Markdown")
    tables.set_defaults(run=_tables)
    link = commands.add_parser("link", help="decide that a customer is a member, or take it back")
    link.add_argument("--store", required=True, help="the store's name in include/stores.yaml")
    link.add_argument("--customer", required=True, type=int, help="the customer's id in Gorgias")
    link.add_argument("--member", help="the member's id on the platform; left out: remove the link")
    link.add_argument("--by", default=getpass.getuser(), help="who decides; default: you")
    link.set_defaults(run=_link)
    add_card_command(commands)
    add_connect_commands(commands)
    add_award_commands(commands)
    add_macro_commands(commands)
    add_platform_commands(commands)
    add_token_commands(commands)
    add_privacy_commands(commands)
    sync = commands.add_parser("sync", help="run one sync here and now, as the DAG would")
    sync.add_argument("--store", required=True, help="the store's name in include/stores.yaml")
    sync.set_defaults(run=_sync)
    for name, field in RunParams.form_fields().items():
        flag = f"--{name.replace('_', '-')}"
        if field["type"] == "boolean":
            sync.add_argument(flag, action="store_true", help=field["description"])
        else:
            sync.add_argument(flag, type=int, help=field["description"])
    return parser


def _migrate(_options: argparse.Namespace) -> int:
    from loyalty_desk.staging.engine import migrate, open_engine  # noqa: PLC0415 - only here

    engine = open_engine(installation().resolved_staging_url())
    migrate(engine)
    sys.stdout.write(f"staging database is up to date: {engine.url.render_as_string()}\n")
    return 0


def _backup(options: argparse.Namespace) -> int:
    from loyalty_desk.staging.backup import back_up  # noqa: PLC0415 - only here

    back_up(installation().resolved_staging_url(), options.file)
    sys.stdout.write(f"{options.file} holds everything; keep it as safe as the database itself\n")
    return 0


def _restored(options: argparse.Namespace) -> int:
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415
    from loyalty_desk.tasks.restored import take_up  # noqa: PLC0415 - only here

    waiting = take_up(staging_engine(), utc_now(), by=options.by)
    for store, count in waiting.items():
        sys.stdout.write(f"{store}: {count} awards are looked for before they are sent\n")
    sys.stdout.write("the next sync of every store reads everything; start Airflow\n")
    return 0


def _stores(_options: argparse.Namespace) -> int:
    found = stores_file()
    for name, store in found.stores.items():
        connections = f"{store.platform_conn_id}, {store.gorgias_conn_id}"
        sys.stdout.write(
            f"{name}: {store.platform}, {store.schedule or 'by hand'}, {connections}\n"
        )
    for problem in found.problems.values():
        sys.stderr.write(f"{problem}\n")
    return 1 if found.problems else 0


def _pools(_options: argparse.Namespace) -> int:
    found = stores_file()
    if "" in found.problems:
        raise SettingsError(found.problems[""])
    sys.stdout.write(found.lanes.pools_json() + "\n")
    return 0


def _gauges(_options: argparse.Namespace) -> int:
    from loyalty_desk.watching.gauges import gauges_markdown  # noqa: PLC0415 - only here

    sys.stdout.write(gauges_markdown())
    return 0


def _settings(_options: argparse.Namespace) -> int:
    from loyalty_desk.commands.settings_reference import settings_markdown  # noqa: PLC0415 - only here

    sys.stdout.write(settings_markdown())
    return 0


def _tables(_options: argparse.Namespace) -> int:
    from loyalty_desk.commands.tables_reference import tables_markdown  # noqa: PLC0415 - only here

    sys.stdout.write(tables_markdown())
    return 0


def _link(options: argparse.Namespace) -> int:
    from loyalty_desk.mismatches import decisions  # noqa: PLC0415 - only here
    from loyalty_desk.mismatches.links import remove_link  # noqa: PLC0415
    from loyalty_desk.staging.engine import open_engine  # noqa: PLC0415

    store = stores_file().get(options.store).name
    with open_engine(installation().resolved_staging_url()).begin() as connection:
        if options.member is None:
            remove_link(connection, store, options.customer)
        else:
            pair = decisions.Pair(options.customer, options.member)
            decisions.link(connection, store, [pair], options.by, utc_now())
    sys.stdout.write("kept; the next sync uses it\n")
    return 0


def _sync(options: argparse.Namespace) -> int:
    from loyalty_desk.tasks import sync as stages  # noqa: PLC0415 - slow to import

    params = {name: getattr(options, name) for name in RunParams.model_fields}
    run_id = f"command__{utc_now().isoformat()}"
    stages.run_all(options.store, run_id, params)
    return 0


if __name__ == "__main__":
    sys.exit(main())
