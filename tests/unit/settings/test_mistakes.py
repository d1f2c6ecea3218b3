"""A mistake in a stores file: where, what stands there, and what may stand there instead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from loyalty_desk.errors import SettingsError
from loyalty_desk.settings.stores_file import StoreSettings, installation, read_stores

BAD: tuple[Any, ...] = ("x y z", -1, 1.5, [7], {"a": 1}, None)


def told(folder: Path, **values: Any) -> str:
    path = folder / "stores.yaml"
    path.write_text(yaml.safe_dump({"stores": {"shop": {"platform": "rivo", **values}}}))
    return read_stores(path).problems.get("shop", "")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"platform": "rivos"}, "platform is 'rivos': must be one of rivo, trifft"),
        ({"budget": {"share": 1.5}}, "budget.share is 1.5: must be 1 or less"),
        ({"budget": {"share": 0}}, "budget.share is 0: must be above 0"),
        ({"budget": {"share": "a lot"}}, "budget.share is 'a lot': must be a number"),
        ({"budget": {"capacity": 5.5}}, "budget.capacity is 5.5: must be a whole number"),
        ({"budget": None}, "budget is null: must be `key: value` lines"),
        ({"goodwill": {"point_value": 1e-7}}, "goodwill.point_value is 1e-07: must be 0.000001 or"),
        (
            {"goodwill": {"point_value": 1, "budget_per_month": 0.004}},
            "goodwill.budget_per_month is 0.004: must be 0.01 or more",
        ),
        ({"include_guests": "maybe"}, "include_guests is 'maybe': must be true or false"),
        ({"push_to": []}, "push_to is []: must have 1 or more"),
        ({"push_to": ["sidebar"]}, "push_to.0 is 'sidebar': must be 'customer_data' or "),
        ({"non_member_cards": "some"}, "non_member_cards is 'some': must be 'recent_tickets', "),
        ({"schedule": "daily?"}, "schedule is 'daily?': must be a cron expression such as"),
        ({"currency": "eur"}, "currency is 'eur': must be a code of ISO 4217, such as EUR"),
        ({"gorgias": {"macro_card_path": "a b"}}, " (Where macros find the card, such as `ticket."),
        ({"reports": {"email_to": 7}}, "reports.email_to is 7: must be a list"),
        (
            {"texts": {"languages": ["deutsch"]}},
            "languages.0 is 'deutsch': must be as ^[a-z]{2}$ says (",
        ),
        ({"shedule": "x"}, "routing (did you mean schedule?)"),
        ({"awards": {"approval_above_points": True}}, "is true: must be a whole number"),
        ({"push": {"minutes": True}}, "push.minutes is true: must be a number"),
        (
            {"texts": {"credits_as_money": True}},
            "texts: credits_as_money needs `currency` beside it",
        ),
        ({"desk": {"mask_email": True}}, "desk.mask_email: no such key; allowed are mask_emails"),
    ],
)
def test_a_mistake_is_told_with_file_store_key_what_stands_there_and_what_may(
    tmp_path: Path, values: dict[str, Any], says: str
) -> None:
    line = told(tmp_path, **values)

    assert line.startswith(f"{tmp_path / 'stores.yaml'}: store 'shop': ")
    assert says in line


def test_one_mistake_in_a_list_is_not_two(tmp_path: Path) -> None:
    assert told(tmp_path, push_to=["sidebar"]).count("push_to") == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[a, b]", " is a list: must hold the key `stores`"),
        ("", " is empty: must hold the key `stores`"),
        ("store: {}", ": store: no such key; allowed are stores, queues (did you mean stores?)"),
        (
            "stores: [a]",
            ": stores is a list: the file must hold the key `stores`, with one `name: ",
        ),
        (
            "stores: {}\nqueue: {}",
            ": queue: no such key; allowed are stores, queues (did you mean ",
        ),
    ],
)
def test_a_mistake_at_the_top_of_the_file_is_told_so(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "stores.yaml"
    path.write_text(text)

    assert read_stores(path).problems[""].startswith(f"{path}{says}")


def test_settings_of_a_store_that_are_no_settings_are_told_so(tmp_path: Path) -> None:
    path = tmp_path / "stores.yaml"
    path.write_text("stores: {shop: rivo}")

    wanted = f"{path}: store 'shop' is 'rivo': must be `key: value` lines"
    assert read_stores(path).problems == {"shop": wanted}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SPEED", "fast", "LOYALTY_DESK_SPEED is 'fast': must be a number"),
        ("RUN_NOTES", "maybe", "LOYALTY_DESK_RUN_NOTES is 'maybe': must be true or false"),
        ("METRICS_SCHEDULE", "often", "LOYALTY_DESK_METRICS_SCHEDULE is 'often': must be a cron"),
        ("PLATFORMS", "mine", "LOYALTY_DESK_PLATFORMS: must be JSON"),
        ("PLATFORMS", '{"Mine": 1}', "LOYALTY_DESK_PLATFORMS.Mine is 1: must be text"),
    ],
)
def test_a_variable_of_the_environment_is_told_so(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"LOYALTY_DESK_{name}", value)
    installation.cache_clear()

    with pytest.raises(SettingsError) as caught:
        installation()

    assert str(caught.value).startswith(f"environment: {says}")


@pytest.mark.parametrize("value", ["eve@shop.example", "https://hooks.example/T0/secret", "y" * 90])
def test_what_may_be_an_address_or_a_secret_is_not_shown(tmp_path: Path, value: str) -> None:
    line = told(tmp_path, currency=value)

    assert f"currency is a text of {len(value)} characters: " in line
    assert value not in line


def keys_of(model: type[BaseModel], before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, field in model.model_fields.items():
        if not field.exclude:
            kind = field.annotation
            is_section = isinstance(kind, type) and issubclass(kind, BaseModel)
            inner = keys_of(kind, (*before, name)) if is_section else []  # type: ignore[arg-type]
            found += [(*before, name), *inner]
    return found


@pytest.mark.parametrize("key", keys_of(StoreSettings), ids=".".join)
def test_no_setting_is_refused_in_the_words_of_a_library(
    tmp_path: Path, key: tuple[str, ...]
) -> None:
    for bad in BAD:
        values: Any = bad
        for part in reversed(key):
            values = {part: values}
        line = told(tmp_path, **values)
        assert not [
            word for word in ("Value error", "Input should", " should ", "valid ") if word in line
        ], line
        assert not line or ".".join(key) in line or key[0] in line
