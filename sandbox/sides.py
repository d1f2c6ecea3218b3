"""The platforms that the sandbox stands in for: each side of the programme with its routes."""

from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple

from sandbox.loyaltylion import routes as loyaltylion_routes
from sandbox.loyaltylion import transaction_routes
from sandbox.loyaltylion.side import LoyaltyLionSide
from sandbox.programme.side import Side
from sandbox.rivo import hook_routes, member_routes, point_routes
from sandbox.rivo.side import RivoSide
from sandbox.smile import routes as smile_routes
from sandbox.smile.side import SmileSide
from sandbox.trifft import routes as trifft_routes
from sandbox.trifft.side import TrifftSide


class Platform(NamedTuple):
    """What `--platforms` names."""

    side: type[Side]
    routes: Sequence[ModuleType]


SIDES: dict[str, Platform] = {
    platform.side.name: platform
    for platform in (
        Platform(RivoSide, (member_routes, point_routes, hook_routes)),
        Platform(TrifftSide, (trifft_routes,)),
        Platform(SmileSide, (smile_routes,)),
        Platform(LoyaltyLionSide, (loyaltylion_routes, transaction_routes)),
    )
}
