"""The platforms that the sandbox stands in for."""

from sandbox.programme.side import Side
from sandbox.rivo.side import RivoSide

SIDES: dict[str, type[Side]] = {side.name: side for side in (RivoSide,)}
