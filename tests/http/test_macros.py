"""`macros preview`: each macro as the real sandbox's Gorgias would print it for a customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from loyalty_desk.__main__ import main
from loyalty_desk.card.cards import member_card
from loyalty_desk.card.texts import with_texts
from loyalty_desk.records import MemberStatus
from sandbox.running import Sandbox
from tests.conftest import SetConnection
from tests.factories import STORE
from tests.http.api_client import forget_settings

Macros = Callable[..., int]
CARD = member_card("7", MemberStatus.MEMBER, {"points_balance": 1840, "tier": "Gold"})


@pytest.fixture
def macros(
    sandbox: Sandbox,
    tmp_path: Path,
    set_connection: SetConnection,
    at_speed: None,
    staging_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Macros]:
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(tmp_path / "stores.yaml"))
    gorgias = sandbox.gorgias
    set_connection(
        "gorgias_acme", host=gorgias["url"], login=gorgias["email"], password=gorgias["api_key"]
    )
    set_store(tmp_path)
    yield lambda verb, *rest: main(["macros", verb, "--store", STORE, *rest])
    forget_settings()


def set_store(folder: Path, **gorgias: Any) -> None:
    store = {"platform": "rivo", "gorgias": gorgias}
    (folder / "stores.yaml").write_text(yaml.safe_dump({"stores": {STORE: store}}))
    forget_settings()


@pytest.fixture
def email(sandbox: Sandbox) -> str:
    """The address of a customer who has our card."""
    gorgias = sandbox.gorgias
    with requests.Session() as session:
        session.trust_env, session.auth = False, (gorgias["email"], gorgias["api_key"])
        rows = session.get(f"{gorgias['url']}/api/customers?limit=50", timeout=10).json()["data"]
        row = next(row for row in rows if row["email"] and row["firstname"])
        path = f"{gorgias['url']}/api/customers/{row['id']}/data"
        session.put(path, json={"data": {"loyalty": with_texts(CARD)}}, timeout=10)
    return str(row["email"])


def test_each_macro_is_shown_as_it_would_be_sent(
    macros: Macros, email: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert macros("preview", "--email", email) == 0

    said = capsys.readouterr().out
    assert "=== Loyalty: points balance" in said
    assert "You have 1,840 points." in said
    assert "Olga" in said, "the agent's name stands under it"
    assert "5 macros, 0 blanks" in said


def test_html_is_shown_on_request(
    macros: Macros, email: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert macros("preview", "--email", email, "--html") == 0

    assert "<p>Thank you for asking about your points. You have" in capsys.readouterr().out


def test_a_path_that_leads_nowhere_is_flagged(
    macros: Macros, email: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_store(tmp_path, macro_card_path="ticket.customer.integrations.555")

    assert macros("preview", "--email", email) == 1

    said = capsys.readouterr().out
    assert "BLANK ticket.customer.integrations.555.balance_text: there is no card under" in said
    assert "gorgias.macro_card_path" in said


def test_a_card_without_its_sentences_is_flagged(
    macros: Macros, email: str, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    gorgias = sandbox.gorgias
    customers = sandbox.control("gorgias", "GET", "customers?limit=100000")["data"]
    customer_id = next(one["id"] for one in customers if one["email"] == email)
    with requests.Session() as session:
        session.trust_env, session.auth = False, (gorgias["email"], gorgias["api_key"])
        path = f"{gorgias['url']}/api/customers/{customer_id}/data"
        session.put(path, json={"data": {"loyalty": CARD}}, timeout=10)

    assert macros("preview", "--email", email) == 1

    assert "balance_text: the card has no such key" in capsys.readouterr().out


def test_who_is_not_in_gorgias_is_said_without_the_address(
    macros: Macros, capsys: pytest.CaptureFixture[str]
) -> None:
    assert macros("preview", "--email", "nobody@nowhere.example") == 1

    said = capsys.readouterr()
    assert "no customer with this primary e-mail address" in said.err
    assert "nowhere" not in said.err + said.out


def test_the_list_says_where_macros_find_the_card(
    macros: Macros, capsys: pytest.CaptureFixture[str]
) -> None:
    assert macros("list") == 0

    said = capsys.readouterr().out
    assert "balance: Loyalty: points balance" in said
    assert "ticket.customer.data.loyalty" in said
