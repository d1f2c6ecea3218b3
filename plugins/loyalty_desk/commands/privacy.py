"""`python -m loyalty_desk erase` and `housekeeping`."""

from __future__ import annotations

import argparse
import sys


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands."""
    about = "erase a person in one store, for good, and keep the person out from then on"
    erase = commands.add_parser("erase", help=about, description=about)
    erase.add_argument("--store", required=True, help="the store's name in the stores file")
    who = erase.add_mutually_exclusive_group(required=True)
    who.add_argument("--email", help="an address of the person")
    who.add_argument("--customer", type=int, help="the customer's id in Gorgias")
    who.add_argument("--member", help="the member's id on the platform")
    erase.add_argument(
        "--forget",
        action="store_true",
        help="forget that the --email was erased, for somebody who joins anew",
    )
    erase.set_defaults(run=_erase)
    about = "remove what a store need not keep any more, by its settings of `retention`"
    house = commands.add_parser("housekeeping", help=about, description=about)
    house.add_argument("--store", required=True, help="the store's name in the stores file")
    house.set_defaults(run=_keep_house)


def _erase(options: argparse.Namespace) -> int:
    from loyalty_desk.privacy.person import PersonError, Who  # noqa: PLC0415
    from loyalty_desk.tasks import erase  # noqa: PLC0415 - slow to import

    if options.forget:
        if options.email is None:
            raise PersonError("--forget goes by --email")
        erase.forget_erasure(options.store, options.email)
        sys.stdout.write("forgotten; the next sync takes the person in\n")
        return 0
    who = Who(email=options.email, customer_id=options.customer, member_id=options.member)
    done = erase.erase(options.store, who)
    sys.stdout.write(
        f"erased: {done.customers} customers, {done.members} members, {done.cards} cards in"
        f" Gorgias, {done.rows} rows, {done.files} files; {done.awards} awards are anonymous\n"
    )
    return 0


def _keep_house(options: argparse.Namespace) -> int:
    from loyalty_desk.tasks.retention import keep_house  # noqa: PLC0415 - slow to import

    for what, count in keep_house(options.store).items():
        sys.stdout.write(f"{what.replace('_', ' ')}: {count}\n")
    return 0
