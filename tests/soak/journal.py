"""What the actors of a soak did and when: the order is the threads', the deeds are the seed's."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations_with_replacement

DONE = "done"


@dataclass(slots=True)
class Action:
    """One deed of an actor. `who` are the customers and members it was about, if any."""

    feature: str
    store: str
    what: str
    who: frozenset[str]
    started_s: float
    ended_s: float = 0.0
    outcome: str = DONE

    def meets(self, other: Action) -> bool:
        """Whether both were under way at one moment, in one store."""
        return (
            self.store == other.store
            and self.started_s < other.ended_s
            and other.started_s < self.ended_s
        )


@dataclass
class Journal:
    """Everything that was done, and what should not have been seen while it was."""

    actions: list[Action] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    awards: dict[str, str] = field(default_factory=dict)
    """The store of each award that was accepted, by its id."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def doing(self, feature: str, store: str, what: str, *who: object) -> Iterator[Action]:
        """Note a deed for as long as the block lasts; the block may set its outcome."""
        action = Action(feature, store, what, frozenset(map(str, who)), time.time())
        try:
            yield action
        except Exception as error:
            action.outcome = type(error).__name__
            raise
        finally:
            action.ended_s = time.time()
            with self._lock:
                self.actions.append(action)

    def complain(self, text: str) -> None:
        with self._lock:
            self.complaints.append(text)

    def accept(self, award_id: str, store: str) -> None:
        with self._lock:
            self.awards[award_id] = store

    def count(self, feature: str, store: str) -> int:
        """How many deeds of a feature ended in a store."""
        with self._lock:
            return sum(one.feature == feature and one.store == store for one in self.actions)

    def was_doing(self, feature: str, store: str, began_s: float, ended_s: float) -> bool:
        """Whether a deed of a feature was under way in a store at some time from `began_s` on."""
        span = Action(feature, store, "", frozenset(), began_s, ended_s)
        return any(one.feature == feature and one.meets(span) for one in self.actions)

    def about(self, store: str, who: object) -> list[str]:
        """What was done to somebody, in order: the first thing to look at when a card is wrong."""
        found = [one for one in self.actions if one.store == store and str(who) in one.who]
        began = min((action.started_s for action in self.actions), default=0.0)
        return [
            f"{one.started_s - began:.1f}-{one.ended_s - began:.1f} {one.what}: {one.outcome}"
            for one in sorted(found, key=lambda one: one.started_s)
        ]

    def table(self) -> str:
        """How often each pair of features was under way at once, and what each came to."""
        features = sorted({action.feature for action in self.actions})
        pairs = self.pairs()
        width = max(map(len, features), default=0)
        head = "".join(f" {name[:9]:>9}" for name in features)
        lines = [f"{'at once':<{width}}{head}"]
        for one in features:
            row = "".join(f" {pairs[tuple(sorted((one, two)))]:>9}" for two in features)
            lines.append(f"{one:<{width}}{row}")
        for one in features:
            counted = Counter(a.outcome for a in self.actions if a.feature == one)
            outcomes = ", ".join(f"{n} {name}" for name, n in counted.most_common())
            lines.append(f"{one:<{width}} {counted.total():>5} deeds: {outcomes}")
        return "\n".join(lines)

    def pairs(self) -> Counter[tuple[str, ...]]:
        """By pair of features in order: how many of their deeds met."""
        counted: Counter[tuple[str, ...]] = Counter()
        by_feature: dict[str, list[Action]] = {}
        for action in self.actions:
            by_feature.setdefault(action.feature, []).append(action)
        for one, two in combinations_with_replacement(sorted(by_feature), 2):
            counted[one, two] = sum(
                a is not b and a.meets(b) for a in by_feature[one] for b in by_feature[two]
            )
            if one == two:
                counted[one, two] //= 2
        return counted
