"""What the Rivo stand-in keeps beside the programme, for its routes."""

from typing import TYPE_CHECKING, cast

from fastapi import Request

if TYPE_CHECKING:
    from sandbox.rivo.side import RivoSide


def rivo_of(request: Request) -> "RivoSide":
    """Return the side that a request is about."""
    return cast("RivoSide", request.app.state.side)
