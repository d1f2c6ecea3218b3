"""Loyalty platforms, each one file behind the contract of `base`."""

from collections.abc import Mapping
from typing import Final

OWN_PLATFORMS: Final[Mapping[str, str]] = {
    "rivo": "loyalty_desk.platforms.rivo:RivoPlatform",
    "trifft": "loyalty_desk.platforms.trifft:TrifftPlatform",
    "smile": "loyalty_desk.platforms.smile:SmilePlatform",
    "loyaltylion": "loyalty_desk.platforms.loyaltylion:LoyaltyLionPlatform",
}
"""Where each platform's class is, by its name in stores.yaml. Nothing is imported before use."""
