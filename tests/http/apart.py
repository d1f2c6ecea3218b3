"""`loyalty-desk serve` for tests: what it is started with, and lookups at a steady rate."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import requests
import yaml

from loyalty_desk.clock import utc_now
from loyalty_desk.connect.tokens import make_token
from loyalty_desk.records import Opens
from loyalty_desk.staging.engine import migrate, open_engine
from loyalty_desk.staging.intake import stage_members
from tests.factories import STORE, member
from tests.http.api_client import API, new_client

PER_S = 50
AT_ONCE = 16
ANSWER_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Place:
    """A staging database with a member of 820 points in it, and tokens."""

    environment: dict[str, str]
    lookup: str
    awards: str


def fill(folder: Path) -> Place:
    """Make one on SQLite, for processes of their own. The platform is never asked."""
    stores = folder / "stores.yaml"
    settings = {"platform": "rivo", "lookup": {"deadline_s": 0}}
    stores.write_text(yaml.safe_dump({"stores": {STORE: settings}}), encoding="utf-8")
    url = f"sqlite:///{folder / 'staging.db'}"
    engine = open_engine(url)
    migrate(engine)
    now, who = utc_now(), "a test"
    mira = member("7", email="mira@shop.example", card={"name": "Mira", "points_balance": 820})
    with engine.begin() as connection:
        stage_members(connection, STORE, [mira], now, first_load=False)
        lookup, awards = (
            make_token(connection, STORE, now, label=who, made_by=who, opens=opens)
            for opens in (Opens.LOOKUP, Opens.AWARDS)
        )
    engine.dispose()
    environment = {"LOYALTY_DESK_STAGING_URL": url, "LOYALTY_DESK_STORES_FILE": str(stores)}
    return Place(environment, lookup, awards)


@dataclass
class Lookups:
    """Lookups that go on beside a test, and what became of each."""

    answered: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> dict[str, int]:
        return {said: count for said, count in self.answered.items() if said != "right"}


@contextmanager
def looking_up(url: str, token: str) -> Iterator[Lookups]:
    """Look somebody up 50 times a second as long as the block lasts, and wait for all answers."""
    lookups, ended = Lookups(), Event()
    session = new_client()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=AT_ONCE))
    session.headers["Authorization"] = f"Bearer {token}"

    def ask(turn: int) -> None:
        email = f"nobody{turn}@shop.example" if turn % 10 == 0 else "mira@shop.example"
        wanted = None if turn % 10 == 0 else 820
        try:
            answer = session.post(
                f"{url}{API}/lookup", data={"email": email}, timeout=ANSWER_TIMEOUT_S
            )
            is_right = answer.ok and answer.json().get("points_balance") == wanted
            said = "right" if is_right else f"{answer.status_code} {answer.text[:80]}"
        except requests.RequestException as error:
            said = type(error).__name__
        lookups.answered[said] += 1

    def keep_asking() -> None:
        began, turn = time.monotonic(), 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while not ended.wait(max(0.0, began + turn / PER_S - time.monotonic())):
                pool.submit(ask, turn)
                turn += 1

    thread = Thread(target=keep_asking)
    thread.start()
    try:
        yield lookups
    finally:
        ended.set()
        thread.join()
        session.close()
