"""Repeatable randomness by index, so that nothing generated need be stored."""

from math import gcd

import numpy as np
from numpy.typing import NDArray

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
FIRST_MIX = 0xBF58476D1CE4E5B9
SECOND_MIX = 0x94D049BB133111EB
GOLDEN_SHARE = 0.6180339887


def mix(seed: int, salt: int, number: int) -> int:
    """Return 64 bits that depend on all three (the finaliser of SplitMix64)."""
    bits = ((seed * 131 + salt) * FIRST_MIX + number * GOLDEN) & MASK
    bits = ((bits ^ (bits >> 30)) * FIRST_MIX) & MASK
    bits = ((bits ^ (bits >> 27)) * SECOND_MIX) & MASK
    return bits ^ (bits >> 31)


def mix_many(seed: int, salt: int, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return `mix` of many numbers at once."""
    start = np.uint64(((seed * 131 + salt) * FIRST_MIX) & MASK)
    bits = start + numbers * np.uint64(GOLDEN)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(FIRST_MIX)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(SECOND_MIX)
    mixed: NDArray[np.uint64] = bits ^ (bits >> np.uint64(31))
    return mixed


class Shuffle:
    """A one-to-one reordering of 0..size-1 that can be asked in both directions."""

    def __init__(self, seed: int, salt: int, size: int) -> None:
        self.size = max(size, 1)
        step = max(1, int(self.size * GOLDEN_SHARE))
        while gcd(step, self.size) != 1:
            step += 1
        self._step = step
        self._back = pow(step, -1, self.size)
        self._start = mix(seed, salt, size) % self.size

    def forward(self, place: int) -> int:
        """Return the number that stands at a place."""
        return (place * self._step + self._start) % self.size

    def backward(self, number: int) -> int:
        """Return the place at which a number stands."""
        return (number - self._start) * self._back % self.size
