"""Each connection type in Airflow's pages: its form, filled as a user does, and the button Test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from loyalty_desk.hooks.found import GORGIAS
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.settings.stores_file import OWN_PLATFORMS
from sandbox.running import Sandbox, running_sandbox
from sandbox.sides import SIDES
from tests.browser import shoot
from tests.live.office import STORE, Office
from tests.tried import nobody, somebody_else

pytestmark = pytest.mark.flow

WRONG_KEY = "key-that-nobody-may-see"
WEBHOOK_SECRET = "secret-that-nobody-may-see"
ADMIN_ADDRESS = "https://admin.shop.example/{member_id}"
EXTRA = {
    GORGIAS: {},
    "rivo": {"webhook_secret": WEBHOOK_SECRET},
    "trifft": {
        "webhook_secret": WEBHOOK_SECRET,
        "webhook_login": "shop",
        "key_created_on": "2026-01-31",
        "profile_url": ADMIN_ADDRESS,
    },
    "smile": {"profile_url": ADMIN_ADDRESS},
    "loyaltylion": {"webhook_secret": WEBHOOK_SECRET, "profile_url": ADMIN_ADDRESS},
}
"""What is filled in below Extra Fields, whose labels Airflow does not tie to their inputs."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a user fills in, by the labels of the form; `title` is that of the type."""

    conn_type: str
    title: str
    host_label: str
    fields: Mapping[str, str]
    works: str
    refused: str
    nowhere: str


@pytest.fixture(scope="module")
def accounts() -> Iterator[Sandbox]:
    """An account of Gorgias, and one of each platform."""
    with running_sandbox(members=20, customers=20, platforms=",".join(SIDES)) as running:
        yield running


def form_of(conn_type: str, accounts: Sandbox) -> Form:
    ready: dict[str, Any] = accounts.credentials[conn_type]
    if conn_type == GORGIAS:
        return Form(
            conn_type=conn_type,
            title="Gorgias",
            host_label="Account",
            fields={
                "Account": ready["url"],
                "E-mail of the user": ready["email"],
                "API key": ready["api_key"],
            },
            works="It works: Gorgias lets this user in to the account lakeside-tea.",
            refused="Gorgias refuses the e-mail or the API key at ",
            nowhere="There is no Gorgias account at {host}: correct the account's name.",
        )
    title = platform_class(conn_type).title
    return Form(
        conn_type=conn_type,
        title=title,
        host_label="API address",
        fields={"API address": ready["url"], "API key": ready["api_key"]},
        works=f"It works: {title} takes the API key and lets members be read.",
        refused=f"{title} refuses the API key at ",
        nowhere=f"{title} does not answer at {{host}}: correct the API address.",
    )


def press(button: Locator) -> None:
    """By key: a notice of Airflow's lies over a button while the pointer rests where it came up."""
    button.press("Enter")


class ConnectionsPage:
    """Airflow's page of connections, as a user sees it."""

    def __init__(self, page: Page, airflow_url: str) -> None:
        self.page = page
        page.goto(f"{airflow_url}/connections")

    def add(self, conn_id: str, form: Form) -> None:
        self.page.get_by_role("button", name="Add Connection").click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Connection ID").fill(conn_id)
        dialog.get_by_role("combobox").click()
        self.page.keyboard.type(form.title)
        self.page.keyboard.press("Enter")
        self._fill(dialog, form.fields)
        if extra := EXTRA[form.conn_type]:
            dialog.get_by_text("Extra Fields", exact=True).click()
            for name, value in extra.items():
                dialog.locator(f"#element_{name}").fill(value)
        shoot(self.page, f"connection-{form.conn_type}")
        self._save(dialog)

    def change(self, conn_id: str, fields: Mapping[str, str]) -> None:
        press(self._row(conn_id).get_by_role("button", name="Edit Connection"))
        dialog = self.page.get_by_role("dialog")
        self._fill(dialog, fields)
        self._save(dialog)

    def test(self, conn_id: str) -> str:
        """Press Test; returns the sentence, when it is shown."""
        with self.page.expect_response("**/connections/test") as answer:
            press(self._row(conn_id).get_by_role("button", name="Test Connection"))
        told = str(answer.value.json().get("message", answer.value.text()))
        expect(self.page.get_by_text(told).first).to_be_visible()
        return told

    def shown_in_edit(self, conn_id: str) -> str:
        """All that the form of a stored connection holds."""
        self.page.reload()
        press(self._row(conn_id).get_by_role("button", name="Edit Connection"))
        dialog = self.page.get_by_role("dialog")
        for name in ("Extra Fields", "Extra Fields JSON"):
            found = dialog.get_by_text(name, exact=True)
            if found.count():
                found.click()
        values = dialog.locator("input, textarea").evaluate_all("all => all.map(one => one.value)")
        text = f"{values} {dialog.inner_text()}"
        self.page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        return text

    def _row(self, conn_id: str) -> Locator:
        cell = self.page.get_by_role("cell", name=conn_id, exact=True)
        return self.page.get_by_role("row").filter(has=cell)

    def _fill(self, dialog: Locator, fields: Mapping[str, str]) -> None:
        for label, value in fields.items():
            dialog.get_by_label(label, exact=True).fill(value)

    def _save(self, dialog: Locator) -> None:
        press(dialog.get_by_role("button", name="Save"))
        expect(dialog).to_have_count(0)


@pytest.mark.parametrize("conn_type", [GORGIAS, *OWN_PLATFORMS])
def test_a_form_is_filled_and_each_outcome_of_its_test_has_a_sentence(
    page: Page, office: Office, accounts: Sandbox, conn_type: str
) -> None:
    form, conn_id = form_of(conn_type, accounts), f"{conn_type}_by_hand"
    connections = ConnectionsPage(page, office.desk.place.airflow_url)

    connections.add(conn_id, form)

    assert connections.test(conn_id) == form.works
    shown = connections.shown_in_edit(conn_id)
    for secret in (form.fields["API key"], WEBHOOK_SECRET):
        assert secret not in shown
    connections.change(conn_id, {"Description": "ours"})
    assert connections.test(conn_id) == form.works, "a secret that was not typed anew is kept"

    connections.change(conn_id, {"API key": WRONG_KEY})
    told = connections.test(conn_id)
    assert told.startswith(form.refused)
    assert WRONG_KEY not in told

    with somebody_else() as host:
        connections.change(conn_id, {form.host_label: f"http://{host}"})
        assert connections.test(conn_id) == form.nowhere.format(host=host)

    host = nobody()
    connections.change(conn_id, {form.host_label: f"http://{host}"})
    assert connections.test(conn_id).startswith(f"From here nobody reaches {host} ")
    assert WRONG_KEY not in "".join(
        path.read_text(encoding="utf-8", errors="replace") for path in office.log_files()
    )


def test_the_name_of_the_account_is_enough(page: Page, office: Office, accounts: Sandbox) -> None:
    form = form_of(GORGIAS, accounts)
    connections = ConnectionsPage(page, office.desk.place.airflow_url)

    connections.add("gorgias_by_name", form)
    connections.change("gorgias_by_name", {"Account": "loyalty-desk-has-no-such-shop"})

    assert "loyalty-desk-has-no-such-shop.gorgias.com" in connections.test("gorgias_by_name")


def test_the_connections_of_the_sandbox_are_examples_that_work(page: Page, office: Office) -> None:
    connections = ConnectionsPage(page, office.desk.place.airflow_url)

    for conn_id in (f"gorgias_{STORE}", f"rivo_{STORE}"):
        assert connections.test(conn_id).startswith("It works: ")
    shoot(page, "connections")
