"""Neither a log nor a refusal holds anything that was sent."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.requests import FIELDS
from loyalty_desk.web.bodies import FORM, JSON, MOST_BYTES
from tests.http.awards_api.asking import NO_AWARD, NO_TOKEN, send_form, set_state, without
from tests.http.door import Door, award_fields

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
    door: Door,
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
    stranger = f"Bearer {NO_TOKEN[:16]}{HIDDEN.ljust(43, 'x')}"
    unlucky = door.award(**{**texts, "idempotency_key": f"{HIDDEN}-2", "amount": 51}).json()["id"]
    accepted = [door.award(**texts), door.award(**texts), send_form(door, award_fields(**texts))]
    set_state(staging, unlucky)
    accepted.append(door.reverse(unlucky, agent=f"{HIDDEN} agent", note=f"{HIDDEN} why"))
    refused = [
        door.award(**{**texts, "amount": 52}),
        door.award(**{**texts, "amount": 5_000, "idempotency_key": f"{HIDDEN}-3"}),
        door.award(**dict.fromkeys(FIELDS, HIDDEN)),
        door.award(**dict.fromkeys(FIELDS, f"{HIDDEN}\x00")),
        door.award(**{field: [HIDDEN] for field in FIELDS}),
        door.award(**{**texts, HIDDEN: HIDDEN}),
        door.award({"Idempotency-Key": f"{HIDDEN}-4"}, **texts),
        door.award(**texts, store=HIDDEN),
        door.award({"Authorization": stranger}, **texts),
        door.award({"Authorization": f"Basic {HIDDEN}"}, **texts),
        *(
            door.send(f"{HIDDEN} {body}", kind)
            for kind in (JSON, FORM)
            for body in ("", "[" * 9_000)
        ),
        door.send(f'{{"note": "{HIDDEN}", "note": "{HIDDEN}"}}'),
        door.send(f'{{"{HIDDEN}": {{"{HIDDEN}": 1, "{HIDDEN}": 2}}}}'),
        door.send(f'{{"note": "{HIDDEN}'.encode() + b"\xff"),
        door.send(f"note={HIDDEN}&note={HIDDEN}&x=%ff", FORM),
        door.send(HIDDEN * MOST_BYTES),
        door.send(HIDDEN, "text/plain"),
        door.send(HIDDEN, HIDDEN),
        door.reverse(unlucky, agent=f"{HIDDEN} agent", note=f"{HIDDEN} why"),
        door.reverse(unlucky, agent=f"{HIDDEN}\x00", note=f"{HIDDEN} ld:"),
        door.reverse(NO_AWARD, note=HIDDEN),
    ]
    with without(staging, "award_events"):
        refused.append(door.award(**{**texts, "idempotency_key": f"{HIDDEN}-5"}))

    assert {answer.status_code for answer in accepted} == {202}
    assert {answer.status_code for answer in refused} == {400, 401, 404, 409, 413, 415, 422, 503}
    answers = [f"{answer.headers} {answer.text}" for answer in [*accepted, *refused]]
    assert [answer for answer in answers if HIDDEN in answer.casefold()] == []

    loggers = {record.name for record in all_logs.records}
    assert {"uvicorn.access", "loyalty_desk.web.app"} <= loggers
    printed = capfd.readouterr()
    logs = f"{all_logs.text} {printed.out} {printed.err}"
    assert str(door.token)[16:] not in logs
    assert [line for line in logs.splitlines() if HIDDEN in line.casefold()] == []
