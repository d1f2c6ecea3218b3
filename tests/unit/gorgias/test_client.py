from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.errors import ApiUnavailableError, CursorError, MovedError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.paging import PAGE_SIZE
from loyalty_desk.gorgias.reading import User
from tests.scripted import ScriptedTransport


@pytest.fixture
def api() -> ScriptedTransport:
    return ScriptedTransport()


@pytest.fixture
def client(api: ScriptedTransport) -> GorgiasClient:
    return GorgiasClient(api, card_key="loyalty", app_id=None)


def customer_row(customer_id: Any = 1, **values: Any) -> dict[str, Any]:
    return {
        "id": customer_id,
        "email": "mira@shop.example",
        "name": "Mira Olsen",
        "external_id": None,
        "updated_datetime": "2026-03-01T09:00:00.095000+00:00",
        "data": None,
        **values,
    }


def page(*rows: Any, cursor: str | None = None) -> dict[str, Any]:
    return {"data": list(rows), "object": "list", "meta": {"next_cursor": cursor}}


def test_iter_customer_pages_follows_the_cursor_to_the_last_page(
    api: ScriptedTransport, client: GorgiasClient
) -> None:
    api.will_answer(page(customer_row(1), cursor="b"))
    api.will_answer(page(customer_row(2), customer_row(3)))

    pages = list(client.iter_customer_pages("created_datetime:asc"))

    assert [[one.customer_id for one in page.customers] for page in pages] == [[1], [2, 3]]
    assert api.queries == [
        {"order_by": "created_datetime:asc", "limit": 100},
        {"order_by": "created_datetime:asc", "limit": 100, "cursor": "b"},
    ]


def test_iter_users_leaves_out_whom_nobody_can_name_and_reads_to_the_last_page(
    api: ScriptedTransport, client: GorgiasClient
) -> None:
    eve = {"id": 12, "email": "eve@shop.example", "active": True}
    api.will_answer(page(eve, {"id": 13, "email": None}, {"id": "x", "email": "b@c"}, cursor="b"))
    api.will_answer(page({"id": 14, "email": "ivo@shop.example", "active": False}))

    assert list(client.iter_users()) == [
        User(user_id=12, email="eve@shop.example", is_active=True),
        User(user_id=14, email="ivo@shop.example", is_active=False),
    ]
    assert api.calls == [("GET", "/api/users")] * 2


@pytest.mark.parametrize(
    "broken",
    [
        {"data": []},
        {"data": [], "meta": None},
        {"data": [], "meta": {}},
        {"data": [], "meta": {"next_cursor": ""}},
        {"data": [], "meta": {"next_cursor": 5}},
        {"meta": {"next_cursor": None}},
        {"data": {}, "meta": {"next_cursor": None}},
        [customer_row()] * PAGE_SIZE,
        "text",
        None,
    ],
)
def test_a_page_without_its_cursor_is_never_the_end(
    api: ScriptedTransport, client: GorgiasClient, broken: Any
) -> None:
    api.will_answer(broken)

    with pytest.raises(CursorError):
        list(client.iter_customer_pages())


def test_a_repeated_cursor_stops_the_read(api: ScriptedTransport, client: GorgiasClient) -> None:
    for number, cursor in enumerate(("a", "b", "a")):
        api.will_answer(page(customer_row(number + 1), cursor=cursor))

    with pytest.raises(CursorError, match="repeated"):
        list(client.iter_customer_pages())


def test_the_same_rows_under_a_new_cursor_stop_the_read(
    api: ScriptedTransport, client: GorgiasClient
) -> None:
    for number, cursor in ((1, "a"), (2, "b"), (1, "c")):
        api.will_answer(page(customer_row(number), cursor=cursor))

    with pytest.raises(CursorError, match="repeated"):
        list(client.iter_customer_pages())


def test_a_bare_array_is_a_list_of_one_page(api: ScriptedTransport, client: GorgiasClient) -> None:
    api.will_answer([customer_row(7)])

    assert [one.customer_id for one in next(client.iter_customer_pages()).customers] == [7]


def test_a_bare_array_after_a_page_with_a_cursor_is_not_the_end(
    api: ScriptedTransport, client: GorgiasClient
) -> None:
    api.will_answer(page(customer_row(), cursor="b"))
    api.will_answer([customer_row(7)])

    with pytest.raises(CursorError):
        list(client.iter_customer_pages())


def test_an_unusable_row_is_set_aside_and_its_page_goes_on(
    api: ScriptedTransport, client: GorgiasClient
) -> None:
    api.will_answer(page(customer_row("x"), customer_row(2), customer_row(3, email=5), "row"))

    found = next(client.iter_customer_pages())

    assert [one.customer_id for one in found.customers] == [2]
    assert [(bad.record_id, bad.field) for bad in found.rejected] == [
        (None, "id"),
        ("3", "email"),
        (None, "(row)"),
    ]


def test_tickets_are_asked_for_without_trash_and_skipped_without_a_customer(
    api: ScriptedTransport, client: GorgiasClient
) -> None:
    ticket = {"id": 9, "status": "open", "updated_datetime": "2026-03-01T09:00:00"}
    api.will_answer(page({**ticket, "customer": {"id": 4}}, {**ticket, "customer": None}))

    found = next(client.iter_ticket_pages())

    assert [(one.ticket_id, one.customer_id, one.status) for one in found.tickets] == [
        (9, 4, "open")
    ]
    assert found.rejected == []
    assert api.queries[0] == {
        "order_by": "updated_datetime:desc",
        "trashed": "false",
        "limit": 100,
    }


def test_get_customer_has_data_and_other_email_channels(
    api: ScriptedTransport, client: GorgiasClient
) -> None:
    email = {"type": "email", "deleted_datetime": None}
    api.will_answer(
        customer_row(
            5,
            data={"loyalty": {"tier": "Gold"}, "other": 1},
            channels=[
                {**email, "address": "Mira@shop.example"},
                {**email, "address": "other@shop.example"},
                {**email, "address": "OTHER@shop.example"},
                {**email, "address": "old@shop.example", "deleted_datetime": "2026-01-01"},
                {"type": "phone", "address": "+4790000000"},
            ],
        )
    )

    found = client.get_customer(5)

    assert found.data == {"loyalty": {"tier": "Gold"}, "other": 1}
    assert found.channels == ("other@shop.example",)


def test_get_customer_reads_an_apps_data_from_its_own_place(api: ScriptedTransport) -> None:
    client = GorgiasClient(api, card_key="loyalty", app_id="a1")
    for external in ({"a1": {"loyalty": {}}, "b2": {"x": 1}}, {"b2": {"x": 1}}, {"a1": None}):
        api.will_answer(customer_row(5, data={"legacy": 1}, external_data=external))

    assert [client.get_customer(5).data for _ in range(3)] == [{"loyalty": {}}, {}, {}]


def test_get_customer_that_answers_with_another_one_means_moved(
    api: ScriptedTransport, client: GorgiasClient
) -> None:
    api.will_answer(customer_row(6))

    with pytest.raises(MovedError):
        client.get_customer(5)


def test_get_customer_that_cannot_be_read_names_the_field(
    api: ScriptedTransport, client: GorgiasClient
) -> None:
    api.will_answer(customer_row(5, updated_datetime="yesterday"))

    with pytest.raises(ApiUnavailableError, match=r"/api/customers/5 .*updated_datetime"):
        client.get_customer(5)


def test_find_customers_by_email_returns_nobody_for_an_empty_page(
    api: ScriptedTransport, client: GorgiasClient
) -> None:
    api.will_answer(page())

    assert client.find_customers_by_email("a+b@shop.example") == []
    assert api.queries == [{"email": "a+b@shop.example", "limit": 100}]


def test_put_customer_data_sends_the_documented_spelling_of_a_version(
    api: ScriptedTransport, client: GorgiasClient
) -> None:
    api.will_answer(None)
    api.will_answer(None)

    client.put_customer_data(5, {"loyalty": {"tier": "Gold"}}, "2026-03-01T09:00:00.000001Z")
    client.put_customer_data(5, {}, None)

    assert api.calls[0] == ("PUT", "/api/customers/5/data")
    assert api.bodies == [
        {"data": {"loyalty": {"tier": "Gold"}}, "version": "2026-03-01T09:00:00.000001"},
        {"data": {}},
    ]


def test_custom_field_values_go_in_one_call(api: ScriptedTransport, client: GorgiasClient) -> None:
    api.will_answer(None)

    client.put_custom_fields(5, {312: 1840, 311: None})
    client.put_custom_fields(5, {})

    assert api.calls == [("PUT", "/api/customers/5/custom-fields")]
    assert api.bodies == [[{"id": 311, "value": None}, {"id": 312, "value": 1840}]]


def test_custom_field_values_come_bare_or_wrapped(
    api: ScriptedTransport, client: GorgiasClient
) -> None:
    rows = [{"field": {"id": 311, "label": "Tier"}, "value": "Gold"}]
    api.will_answer(rows)
    api.will_answer({"data": rows})

    assert client.get_custom_fields(5) == client.get_custom_fields(5) == {311: "Gold"}


def test_definitions_are_read_page_after_page(
    api: ScriptedTransport, client: GorgiasClient
) -> None:
    definition = {"data_type": "text", "input_settings": {"input_type": "input"}}
    row = {"id": 311, "label": "Loyalty tier", "external_id": "x", "definition": definition}
    api.will_answer(page(row, cursor="b"))
    api.will_answer(page({**row, "id": 312, "deactivated_datetime": "2026-01-01T00:00:00"}))

    found = list(client.iter_custom_field_definitions())

    assert [(one.field_id, one.data_type, one.active) for one in found] == [
        (311, "text", True),
        (312, "text", False),
    ]
    assert api.queries[0] == {"object_type": "Customer", "limit": 100}


def test_create_custom_field_returns_its_id(api: ScriptedTransport, client: GorgiasClient) -> None:
    api.will_answer({"id": 400})

    assert client.create_custom_field("Loyalty points", "number", external_id="x") == 400
    assert api.bodies == [
        {
            "object_type": "Customer",
            "label": "Loyalty points",
            "definition": {
                "data_type": "number",
                "input_settings": {"input_type": "input_number"},
            },
            "external_id": "x",
        }
    ]


def test_get_account_tells_its_domain(api: ScriptedTransport, client: GorgiasClient) -> None:
    api.will_answer({"domain": "lakeside", "deactivated_datetime": None})

    account = client.get_account()

    assert (account.domain, account.active) == ("lakeside", True)


@pytest.mark.parametrize(
    ("told", "language"),
    [
        *(("de", "de"), ("DE", "de"), ("de-AT", "de"), ("pt_BR", "pt"), (None, None), ("", None)),
        *(("german", None), (7, None), (["de"], None)),
    ],
)
def test_a_language_is_two_letters_or_not_known(
    api: ScriptedTransport, client: GorgiasClient, told: Any, language: str | None
) -> None:
    api.will_answer(page(customer_row(language=told)))

    [found] = client.iter_customer_pages()

    assert [one.language for one in found.customers] == [language]
