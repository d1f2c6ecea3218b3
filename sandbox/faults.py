"""Trouble on demand: rules that make chosen requests fail in chosen ways."""

import random
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

EFFECTS = (
    "status",
    "delay",
    "drop",
    "html",
    "truncate",
    "duplicate",
    "mix_up",
    "no_cursor",
    "repeat_cursor",
    "no_limit_header",
    "retry_after",
)


@dataclass(slots=True, kw_only=True)
class Rule:
    """One kind of trouble for the requests that it matches.

    `route` is a glob on the route template or on the path. `skip` leaves the first matches
    unharmed, `count` ends the rule after so many (None: never), `probability` is per match.
    `after` lets the request take effect first, then spoils its answer (status, delay, drop, html).
    `duplicate` sends the answer once more on the same connection, after `delay_ms`.
    `mix_up` answers as the first request that it fired for was answered, whoever is asked about, as
    a cache does that takes one request for another.
    `delay_ms` is sandbox time, as all waits are: a real one is shorter by the speed.
    `retry_after` goes with effect `status`; with effect `retry_after` it replaces the header of
    real 429 answers, and None takes it away.
    """

    effect: str
    method: str = "*"
    route: str = "*"
    count: int | None = None
    skip: int = 0
    probability: float = 1.0
    after: bool = False
    status: int = 503
    retry_after: str | None = None
    delay_ms: float = 0.0
    id: int = 0
    seen: int = 0
    fired: int = 0

    def matches(self, method: str, template: str, path: str) -> bool:
        """Tell whether a request is one that this rule is about."""
        if self.method not in ("*", method):
            return False
        return fnmatchcase(template, self.route) or fnmatchcase(path, self.route)

    def report(self) -> dict[str, Any]:
        """Return the rule with how often it matched and fired."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(slots=True)
class Faults:
    """The rules of one server. The same seed and the same requests give the same trouble."""

    seed: int
    rules: list[Rule] = field(default_factory=list)
    _dice: random.Random = field(default_factory=random.Random)
    _last_id: int = 0
    _first_bodies: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._dice.seed(self.seed)

    def add(self, wanted: dict[str, Any]) -> Rule:
        """Add a rule.

        Raises:
            ValueError: an unknown key or effect.
        """
        known = set(Rule.__dataclass_fields__) - {"id", "seen", "fired"}
        if set(wanted) - known or wanted.get("effect") not in EFFECTS:
            raise ValueError(f"a rule has the keys {sorted(known)} and an effect of {EFFECTS}")
        if wanted.get("retry_after") is not None:
            wanted = {**wanted, "retry_after": str(wanted["retry_after"])}
        self._last_id += 1
        rule = Rule(**wanted, id=self._last_id)
        self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Take all rules away and set the dice back."""
        self.rules.clear()
        self._dice.seed(self.seed)

    def pick(
        self,
        effects: tuple[str, ...],
        call: tuple[str, str, str],
        after: bool | None,  # noqa: FBT001 - a phase
    ) -> list[Rule]:
        """Return the rules that fire now for (method, template, path), and count them.

        `after` tells the moments before and after the handler apart; None is for effects that have
        only one moment.
        """
        return [
            rule
            for rule in self.rules
            if rule.effect in effects and after in (None, rule.after) and self._fires(rule, call)
        ]

    def mix_up(self, call: tuple[str, str, str], body: bytes) -> bytes:
        """Return the body to answer with in place of the right one, if a rule wants another."""
        for rule in self.pick(("mix_up",), call, None):
            body = self._first_bodies.setdefault(rule.id, body)
        return body

    def _fires(self, rule: Rule, call: tuple[str, str, str]) -> bool:
        if rule.count is not None and rule.fired >= rule.count:
            return False
        if not rule.matches(*call):
            return False
        rule.seen += 1
        if rule.seen <= rule.skip or self._dice.random() >= rule.probability:
            return False
        rule.fired += 1
        return True
