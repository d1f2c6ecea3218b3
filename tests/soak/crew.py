"""The actors of a soak: a thread each, which does one kind of deed until it is told to stop."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from tests.soak.shop import Shop

Deed = Callable[[Shop, Random], None]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does a deed in a store again and again, with a rest of so many seconds in between.

    On a slow machine the rests are longer, else deeds pile up there and starve the syncs.
    """

    deed: Deed
    rest_s: tuple[float, float]
    only: frozenset[str] = frozenset()
    """The stores where it acts; none means all."""


class Crew:
    """Actors at work for as long as the block lasts; then each ends what it is at."""

    def __init__(self, shops: Sequence[Shop], actors: Sequence[Actor], seed: int) -> None:
        self._shops = shops
        self._threads = [
            threading.Thread(
                target=self._act,
                args=(actor, shop, Random(f"{seed} {shop.name} {actor.deed.__name__}")),
            )
            for shop in shops
            for actor in actors
            if not actor.only or shop.name in actor.only
        ]

    def __enter__(self) -> Crew:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for shop in self._shops:
            shop.closing.set()
        for thread in self._threads:
            thread.join()

    def work(self, seconds: float) -> None:
        """Let them work for so long."""
        self._shops[0].closing.wait(seconds)

    def _act(self, actor: Actor, shop: Shop, chance: Random) -> None:
        while not shop.closing.wait(shop.pace * chance.uniform(*actor.rest_s)):
            try:
                actor.deed(shop, chance)
            except Exception:  # noqa: BLE001 - whatever it is, the others go on and it is told
                what = traceback.format_exc(limit=-3)
                shop.journal.complain(f"{shop.name}, {actor.deed.__name__}: {what}")
