"""Loyalty platforms, each one file behind the contract of `base`."""

from collections.abc import Mapping
from typing import Final

OWN_PLATFORMS: Final[Mapping[str, str]] = {
    "rivo": "loyalty_desk.platforms.rivo:RivoPlatform",
}
"""Where each platform's class is, by its name in stores.yaml. Nothing is imported before use."""
