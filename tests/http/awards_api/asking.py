"""How tests ask for awards over HTTP, and what they look for in an answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
from sqlalchemy import Engine, Row, text

from loyalty_desk.awards.requests import agent_key
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.records import AwardState
from loyalty_desk.staging import award_schema
from loyalty_desk.staging.engine import reading
from loyalty_desk.web.bodies import FORM
from tests.factories import STORE
from tests.http.api_client import ApiClient
from tests.sql.staged import Staged

CLIENTS = 50
NO_AWARD = "0" * 32
NO_TOKEN = f"ld_{'0' * 12}_{'x' * 43}"
Answer = requests.Response
ApiOn = Callable[[str], ApiClient]
Send = Callable[[ApiClient, dict[str, Any]], Answer]


def send_json(api: ApiClient, fields: dict[str, Any]) -> Answer:
    return api.send(json.dumps(fields))


def send_form(api: ApiClient, fields: dict[str, Any]) -> Answer:
    return api.send(urlencode(fields), FORM)


both_kinds = pytest.mark.parametrize("send", [send_json, send_form], ids=["json", "form"])


def rows(staging: Engine) -> list[Row[Any]]:
    with reading(staging) as connection:
        return list(connection.execute(text("SELECT * FROM awards ORDER BY queued_at_utc")).all())


def employ(staging: Engine, *names: str, store: str = STORE, is_active: bool = True) -> None:
    """Stage users of the store's Gorgias account, as a sync would."""
    with staging.begin() as connection:
        connection.execute(
            award_schema.gorgias_agents.insert(),
            [
                {
                    "store": store,
                    "agent": agent_key(name),
                    "user_id": number,
                    "is_active": is_active,
                    "read_at_utc": utc_text(utc_now()),
                }
                for number, name in enumerate(names, start=1)
            ],
        )


def set_state(staging: Engine, award_id: str, state: AwardState = AwardState.APPLIED) -> None:
    with staging.begin() as connection:
        key = {"award_id": award_id}
        Staged(connection).update(award_schema.awards, key, state=state.value)


def told(answer: Answer) -> tuple[int, bytes, dict[str, str]]:
    """All of an answer by which it could be told from another one."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return answer.status_code, answer.content, {**headers, "date": ""}


def is_refused(answer: Answer, *fields: str) -> bool:
    """Whether it is a 400 that names these fields and no other."""
    return answer.status_code == 400 and set(answer.json().get("fields", ())) == set(fields)


@contextmanager
def without(staging: Engine, table: str) -> Iterator[None]:
    """As if somebody had dropped the table."""
    with staging.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table} RENAME TO gone"))
    try:
        yield
    finally:
        with staging.begin() as connection:
            connection.execute(text(f"ALTER TABLE gone RENAME TO {table}"))
