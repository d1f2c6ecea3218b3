"""The command line of `python -m sandbox`."""

import argparse
import asyncio
import gc
from datetime import UTC, datetime

from sandbox.options import Options, start_of_today
from sandbox.serving import LOOPBACK, serve
from sandbox.sides import SIDES
from sandbox.switches import Switches, with_changes
from sandbox.world import World


def main(arguments: list[str] | None = None) -> int:
    """Run the servers until told to stop."""
    options = read_options(arguments)
    world = World(options, [SIDES[name].side for name in options.platforms])
    gc.freeze()
    asyncio.run(serve(world))
    return 0


def read_options(arguments: list[str] | None) -> Options:
    """Return the options of a command line; argparse ends the program when they are wrong."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    for name in ("members", "customers", "seed"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument(
        "--host", choices=LOOPBACK, default=LOOPBACK[0], help="which address of this machine"
    )
    parser.add_argument("--gorgias-port", type=int, default=0, help="0 picks a free one")
    parser.add_argument(
        "--platforms",
        default="rivo",
        type=lambda text: tuple(text.split(",")),
        help=f"whose APIs the programme is asked through, with commas: {', '.join(SIDES)}",
    )
    parser.add_argument("--speed", type=float, default=1.0, help="sandbox seconds a real second")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="added to each answer")
    parser.add_argument("--tickets", type=int, help="default: 15 for every 100 customers")
    parser.add_argument("--enterprise", action="store_true", help="buckets empty in 10 s, not 20")
    parser.add_argument(
        "--allowance", type=float, default=1.0, help="Gorgias' limits, so many times as wide"
    )
    parser.add_argument("--base-date", help="the day before which history lies; default today")
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE")
    given = parser.parse_args(arguments)
    changes = dict(text.partition("=")[::2] for text in given.switch)
    unknown = set(given.platforms) - set(SIDES)
    if unknown:
        parser.error(f"no such platform: {', '.join(sorted(unknown))}")
    try:
        switches = with_changes(Switches(), changes)
        base = _base(given.base_date)
    except ValueError as refused:
        parser.error(str(refused))
    return Options(
        members=given.members,
        customers=given.customers,
        seed=given.seed,
        host=given.host,
        gorgias_port=given.gorgias_port,
        platforms=given.platforms,
        speed=given.speed,
        latency_ms=given.latency_ms,
        tickets=given.tickets,
        enterprise=given.enterprise,
        allowance=given.allowance,
        base=base,
        switches=switches,
    )


def _base(text: str | None) -> datetime:
    if text is None:
        return start_of_today()
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
