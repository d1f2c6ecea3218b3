"""Neither a log nor a refusal holds anything that was sent."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.requests import FIELDS
from loyalty_desk.web.bodies import FORM, JSON, MOST_BYTES
from tests.http.api_client import ApiClient, award_fields
from tests.http.awards_api.asking import (
    NO_AWARD,
    NO_TOKEN,
    employ,
    send_form,
    set_state,
    without,
)

HIDDEN = "qzx7"
"""In every value that a test sends, and nowhere else."""


@pytest.fixture
def all_logs(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> pytest.LogCaptureFixture:
    """Every logger at DEBUG, but for SQLAlchemy's: at that level they are there to show rows."""
    for name in (None, *logging.root.manager.loggerDict):
        if not str(name).startswith("sqlalchemy"):
            logger = logging.getLogger(name)
            monkeypatch.setattr(logger, "disabled", False)
            monkeypatch.setattr(logger, "propagate", True)
            caplog.set_level(logging.DEBUG, name)
    return caplog


def test_neither_a_log_nor_a_refusal_holds_anything_that_was_sent(
    api: ApiClient,
    staging: Engine,
    all_logs: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    texts = {
        "member_id": None,
        "email": f"{HIDDEN}@shop.example",
        "note": f"{HIDDEN} note",
        "message": f"{HIDDEN} message",
        "agent": f"{HIDDEN} agent",
        "idempotency_key": f"{HIDDEN}-key",
    }
    employ(staging, f"{HIDDEN} agent")
    stranger = f"Bearer {NO_TOKEN[:16]}{HIDDEN.ljust(43, 'x')}"
    of_member = {"email": None, "member_id": HIDDEN, "idempotency_key": f"{HIDDEN}-2", "amount": 51}
    unlucky = api.award(**{**texts, **of_member}).json()["id"]
    accepted = [api.award(**texts), api.award(**texts), send_form(api, award_fields(**texts))]
    set_state(staging, unlucky)
    accepted.append(api.reverse(unlucky, agent=f"{HIDDEN} agent", note=f"{HIDDEN} why"))
    refused = [
        api.award(**{**texts, "amount": 52}),
        api.award(**{**texts, "amount": 5_000, "idempotency_key": f"{HIDDEN}-3"}),
        api.award(**dict.fromkeys(FIELDS, HIDDEN)),
        api.award(**dict.fromkeys(FIELDS, f"{HIDDEN}\x00")),
        api.award(**{field: [HIDDEN] for field in FIELDS}),
        api.award(**{**texts, HIDDEN: HIDDEN}),
        api.award({"Idempotency-Key": f"{HIDDEN}-4"}, **texts),
        api.award(**texts, store=HIDDEN),
        api.award({"Authorization": stranger}, **texts),
        api.award({"Authorization": f"Basic {HIDDEN}"}, **texts),
        *(
            api.send(f"{HIDDEN} {body}", kind)
            for kind in (JSON, FORM)
            for body in ("", "[" * 9_000)
        ),
        api.send(f'{{"note": "{HIDDEN}", "note": "{HIDDEN}"}}'),
        api.send(f'{{"{HIDDEN}": {{"{HIDDEN}": 1, "{HIDDEN}": 2}}}}'),
        api.send(f'{{"note": "{HIDDEN}'.encode() + b"\xff"),
        api.send(f"note={HIDDEN}&note={HIDDEN}&x=%ff", FORM),
        api.send(HIDDEN * MOST_BYTES),
        api.send(HIDDEN, "text/plain"),
        api.send(HIDDEN, HIDDEN),
        api.reverse(unlucky, agent=f"{HIDDEN} agent", note=f"{HIDDEN} why"),
        api.reverse(unlucky, agent=f"{HIDDEN}\x00", note=f"{HIDDEN} ld:"),
        api.reverse(NO_AWARD, note=HIDDEN),
    ]
    with without(staging, "award_events"):
        refused.append(api.award(**{**texts, "idempotency_key": f"{HIDDEN}-5"}))

    assert {answer.status_code for answer in accepted} == {202}
    assert {answer.status_code for answer in refused} == {400, 401, 404, 409, 413, 415, 422, 503}
    answers = [f"{answer.headers} {answer.text}" for answer in [*accepted, *refused]]
    assert [answer for answer in answers if HIDDEN in answer.casefold()] == []

    loggers = {record.name for record in all_logs.records}
    assert {"uvicorn.access", "loyalty_desk.web.api"} <= loggers
    printed = capfd.readouterr()
    logs = f"{all_logs.text} {printed.out} {printed.err}"
    assert str(api.token)[16:] not in logs
    assert [line for line in logs.splitlines() if HIDDEN in line.casefold()] == []
