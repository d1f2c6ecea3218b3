"""The platforms that the sandbox stands in for."""

from sandbox.loyaltylion.side import LoyaltyLionSide
from sandbox.programme.side import Side
from sandbox.rivo.side import RivoSide
from sandbox.smile.side import SmileSide
from sandbox.trifft.side import TrifftSide

SIDES: dict[str, type[Side]] = {
    side.name: side for side in (RivoSide, TrifftSide, SmileSide, LoyaltyLionSide)
}
