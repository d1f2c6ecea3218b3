from __future__ import annotations

from typing import Any

import pytest

from loyalty_desk.gorgias.reading import User, read_customer, read_ticket, read_user, rejected
from loyalty_desk.http.reading import BadFieldError

CUSTOMER: dict[str, Any] = {
    "id": 1,
    "email": "mira@shop.example",
    "name": "Mira",
    "updated_datetime": "2026-03-01T09:00:00+00:00",
}
TICKET: dict[str, Any] = {
    "id": 1,
    "status": "open",
    "customer": {"id": 4},
    "updated_datetime": "2026-03-01T09:00:00+00:00",
}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-04T10:20:30.123456+00:00", "2026-03-04T10:20:30.123456Z"),
        ("2026-03-04T10:20:30.123456", "2026-03-04T10:20:30.123456Z"),
        ("2026-03-04T10:20:30+02:00", "2026-03-04T08:20:30.000000Z"),
        ("2026-03-04T10:20:30Z", "2026-03-04T10:20:30.000000Z"),
    ],
)
def test_times_are_read_in_every_spelling(written: str, read: str) -> None:
    assert read_customer({**CUSTOMER, "updated_datetime": written}, None).updated_at_utc == read


def test_a_list_row_tells_that_there_is_no_data() -> None:
    assert read_customer({**CUSTOMER, "data": None}, None).data == {}


def test_a_row_without_the_key_does_not_tell_about_data() -> None:
    assert read_customer(CUSTOMER, None).data is None
    assert read_customer({**CUSTOMER, "data": {"x": 1}}, "app").data is None


def test_blank_texts_are_unknown() -> None:
    found = read_customer({**CUSTOMER, "email": " ", "name": "", "external_id": None}, None)

    assert (found.email, found.name, found.external_id) == (None, None, None)


def test_any_text_is_an_email() -> None:
    assert read_customer({**CUSTOMER, "email": "not an e-mail"}, None).email == "not an e-mail"


def test_characters_that_no_database_takes_are_dropped() -> None:
    assert read_customer({**CUSTOMER, "name": "Mi\x00ra"}, None).name == "Mira"


def test_a_foreign_id_may_be_a_number() -> None:
    assert read_customer({**CUSTOMER, "external_id": 77}, None).external_id == "77"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None),
        ("id", "12"),
        ("id", True),
        ("id", 1.5),
        ("id", 0),
        ("id", 2**63),
        ("email", ["a"]),
        ("name", 5),
        ("external_id", {}),
        ("updated_datetime", None),
        ("updated_datetime", "soon"),
        ("updated_datetime", "0001-01-01T00:00:00+23:00"),
        ("updated_datetime", 17),
        ("data", [1]),
        ("data", "text"),
        ("channels", {}),
        ("channels", ["x"]),
    ],
)
def test_a_bad_field_is_named_without_its_value(field: str, value: Any) -> None:
    row = {**CUSTOMER, field: value}

    with pytest.raises(BadFieldError) as caught:
        read_customer(row, None)

    told = rejected("customers", row, caught.value)
    assert told.field == field
    assert told.record_id == ("1" if field != "id" else told.record_id)
    assert "mira" not in told.reason


def test_a_ticket_without_a_customer_is_normal() -> None:
    assert read_ticket({**TICKET, "customer": None}) is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"id": None}, "id"),
        ({"customer": "x"}, "customer"),
        ({"customer": {}}, "customer.id"),
        ({"status": None}, "status"),
        ({"updated_datetime": "x"}, "updated_datetime"),
    ],
)
def test_a_bad_ticket_is_named_by_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(BadFieldError) as caught:
        read_ticket({**TICKET, **values})

    assert caught.value.field == field


USER: dict[str, Any] = {
    "id": 12,
    "email": "eve@shop.example",
    "active": True,
    "deactivated_datetime": None,
}


@pytest.mark.parametrize(
    ("values", "is_active"),
    [
        ({}, True),
        ({"active": False}, False),
        ({"active": None}, False),
        ({"active": "true"}, False),
        ({"deactivated_datetime": "2026-03-01T09:00:00+00:00"}, False),
    ],
)
def test_a_user_is_active_only_when_gorgias_says_so(
    values: dict[str, Any], *, is_active: bool
) -> None:
    assert read_user({**USER, **values}) == User(
        user_id=12, email="eve@shop.example", is_active=is_active
    )


def test_a_user_without_an_address_can_be_named_by_nobody() -> None:
    assert read_user({**USER, "email": None}) is None


def test_a_user_without_an_id_is_not_taken() -> None:
    with pytest.raises(BadFieldError):
        read_user({**USER, "id": None})
