"""What a person disturbs is repaired, what a person made stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.connect.compare import Verb
from loyalty_desk.connect.furnish import LABEL
from loyalty_desk.connect.tokens import list_tokens, replace_token
from loyalty_desk.gorgias.objects import Kind
from loyalty_desk.staging import schema
from loyalty_desk.staging.engine import reading
from tests.factories import STORE
from tests.http.connect.account import (
    Desk,
    Gorgias,
    broken_by_hand,
    member_card,
    shape,
    verbs,
)

BUTTON = {"label": "Add points", "action": {"url": "https://desk.example/", "secret": "Bearer x"}}
TAKE_BACK = {**BUTTON, "label": "Take back my award"}


def test_it_is_found_again_when_staging_was_lost(
    desk: Desk, gorgias: Gorgias, staging: Engine
) -> None:
    assert desk("connect") == 0
    first = gorgias.account()
    with staging.begin() as connection:
        connection.execute(schema.gorgias_objects.delete())

    assert desk("connect") == 0

    assert {kind: len(rows) for kind, rows in gorgias.account().items()} == {
        kind: len(rows) for kind, rows in first.items()
    }


def test_whatever_a_person_disturbs_is_repaired_and_nothing_else_touched(
    desk: Desk, gorgias: Gorgias
) -> None:
    gorgias.add(Kind.MACRO, name="Refund", actions=[])
    gorgias.add(Kind.WIDGET, type="custom", template={"type": "wrapper", "widgets": []})
    assert desk("connect") == 0
    expected = shape(gorgias.account())
    for what in broken_by_hand(gorgias):
        broken_by_hand(gorgias)[what]()
        assert shape(gorgias.account()) != expected or "token" in what, what

        assert desk("connect") == 0

        assert shape(gorgias.account()) == expected, what
        assert verbs() == {Verb.KEEP}, what


def test_a_new_token_replaces_a_lost_one_which_opens_nothing_any_more(
    desk: Desk, gorgias: Gorgias, staging: Engine
) -> None:
    assert desk("connect") == 0
    broken_by_hand(gorgias)["the integration loses its token"]()

    assert desk("connect") == 0

    with reading(staging) as connection:
        tokens = [t for t in list_tokens(connection, STORE) if t.label == LABEL]
    assert [token.revoked_at_utc is None for token in tokens].count(True) == 1
    assert len(tokens) == 2


def test_a_token_that_is_being_replaced_gives_way_to_a_new_one_at_once(
    desk: Desk, staging: Engine
) -> None:
    assert desk("connect") == 0
    with staging.begin() as connection:
        [old] = list_tokens(connection, STORE)
        replace_token(
            connection,
            STORE,
            old.token_id,
            utc_now(),
            made_by="eve",
            ends_at=utc_now() + timedelta(hours=1),
        )

    assert desk("connect") == 0

    with reading(staging) as connection:
        tokens = list_tokens(connection, STORE)
    [lasting] = [one for one in tokens if one.revoked_at_utc is None]
    assert lasting.ends_at_utc is None
    assert len(tokens) == 3, "what `replace` printed is sent by nobody, so it is revoked too"


def test_a_tag_that_was_there_before_is_used_and_stays(desk: Desk, gorgias: Gorgias) -> None:
    tag = gorgias.add(Kind.TAG, name="loyalty")

    assert desk("connect") == 0
    assert desk("disconnect") == 0

    assert gorgias.one(Kind.TAG, name="loyalty")["id"] == tag


def test_buttons_made_by_hand_are_on_every_widget_from_then_on(
    desk: Desk, gorgias: Gorgias, staging: Engine
) -> None:
    assert desk("connect") == 0
    widget = gorgias.widget("ticket")
    member_card(widget)["meta"]["custom"]["buttons"] = [BUTTON, TAKE_BACK]
    gorgias.change(Kind.WIDGET, widget["id"], template=widget["template"])

    assert desk("connect", "--adopt-widget", widget["id"]) == 0

    other = gorgias.widget("customer")
    assert member_card(other)["meta"]["custom"]["buttons"] == [BUTTON, TAKE_BACK]
    for context in ("ticket", "customer"):
        gorgias.delete(Kind.WIDGET, gorgias.widget(context)["id"])
    assert desk("connect") == 0
    anew = gorgias.widget("ticket")
    assert member_card(anew)["meta"]["custom"]["buttons"] == [BUTTON, TAKE_BACK]
    with reading(staging) as connection:
        kept = connection.execute(schema.store_state.select()).all()
    assert "Bearer x" not in str(kept), "a button holds a token, so it is kept encrypted"


def test_a_button_that_nobody_adopted_survives_a_repair(desk: Desk, gorgias: Gorgias) -> None:
    assert desk("connect") == 0
    widget = gorgias.widget("ticket")
    card = member_card(widget)
    card["meta"]["custom"]["buttons"], card["title"] = [BUTTON], "Mine"
    gorgias.change(Kind.WIDGET, widget["id"], template=widget["template"])

    assert desk("connect") == 0

    card = member_card(gorgias.widget("ticket"))
    assert card["title"] == "Loyalty: {{summary}}"
    assert card["meta"]["custom"]["buttons"] == [BUTTON]


@pytest.mark.parametrize(
    ("widget", "why"), [("99999", "no widget 99999"), ("made", "has no button")]
)
def test_what_has_no_button_cannot_be_adopted(
    desk: Desk, gorgias: Gorgias, widget: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = gorgias.add(Kind.WIDGET, type="custom", template={"type": "wrapper", "widgets": []})
    number = plain if widget == "made" else widget

    assert desk("connect", "--adopt-widget", number) == 1

    assert why in capsys.readouterr().err
