from __future__ import annotations

from pathlib import Path

import pytest

from loyalty_desk.errors import SettingsError
from loyalty_desk.settings.stores_file import StoresFile, read_stores
from tests.project import PROJECT_ROOT


@pytest.fixture
def read(tmp_path: Path):
    def read_text(text: str) -> StoresFile:
        path = tmp_path / "stores.yaml"
        path.write_text(text, encoding="utf-8")
        return read_stores(path)

    return read_text


def test_the_shipped_stores_file_is_right() -> None:
    found = read_stores(PROJECT_ROOT / "include" / "stores.yaml")

    assert found.problems == {}
    assert found.get("demo").platform_conn_id == "rivo_demo"
    assert found.get("demo").gorgias_conn_id == "gorgias_demo"


def test_a_wrong_value_names_store_key_and_allowed_values_and_other_stores_load(read) -> None:
    found = read("stores:\n  shop:\n    platform: rivos\n  other:\n    platform: rivo\n")

    assert list(found.stores) == ["other"]
    assert "store 'shop': platform" in found.problems["shop"]
    assert "must be one of rivo" in found.problems["shop"]
    with pytest.raises(SettingsError, match="store 'shop': platform"):
        found.get("shop")


def test_an_unknown_key_names_the_keys_that_exist(read) -> None:
    found = read("stores:\n  shop:\n    platform: rivo\n    brake:\n      max_chnges: 3\n")

    assert "brake.max_chnges: no such key; allowed are max_changes," in found.problems["shop"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("schedule: every day", "cron"),
        ("push_to: []", "push_to"),
        ("push_to: [sidebar]", "customer_data"),
        ("budget: {share: 1.5}", "budget.share"),
        ("push: {workers: 0}", "push.workers"),
    ],
)
def test_each_wrong_setting_is_refused_by_name(read, line: str, what: str) -> None:
    found = read(f"stores:\n  shop:\n    platform: rivo\n    {line}\n")

    assert what in found.problems["shop"]


@pytest.mark.parametrize("name", ["Shop", "1shop", "a-b", "a b", "x" * 41])
def test_a_store_name_that_would_not_fit_a_dag_or_table_is_refused(read, name: str) -> None:
    assert "a name is" in read(f"stores:\n  '{name}':\n    platform: rivo\n").problems[name]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("stores: [", "not valid YAML in line"),
        ("stores: {}\nqueues: {awards: 2024-13-45}", "not valid YAML in line 2: no such date"),
        ("shops: {}", "the key `stores`"),
        ("- a", "the key `stores`"),
        ("", "the key `stores`"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_says_so(read, text: str, what: str) -> None:
    found = read(text)

    assert what in found.problems[""]
    with pytest.raises(SettingsError):
        found.get("shop")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    found = read_stores(tmp_path / "nowhere.yaml")

    assert "nowhere.yaml" in found.problems[""]


def test_asking_for_an_unknown_store_names_those_that_exist(read) -> None:
    with pytest.raises(SettingsError, match="no store 'b'; the stores file has: a"):
        read("stores:\n  a:\n    platform: rivo\n").get("b")


def test_money_without_a_currency_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stores.yaml"
    said = "{credits_as_money: true}"
    path.write_text(
        f"stores:\n  right: {{platform: rivo, currency: EUR, texts: {said}}}\n"
        f"  wrong: {{platform: rivo, texts: {said}}}\n"
    )

    found = read_stores(path)

    assert list(found.stores) == ["right"]
    assert "texts: credits_as_money needs `currency`" in found.problems["wrong"]


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        (
            "  shop:\n    platform: rivo\n    push:\n      workers: 2\n      workers: 3\n",
            "store 'shop' in line 6: the key workers stands there twice; keep one of them",
        ),
        (
            "  shop: {platform: rivo}\n  shop: {platform: smile}\n",
            "store 'shop' in line 3: the key shop stands there twice; keep one of them",
        ),
        (
            "  shop:\n    platform: rivo\n    currency: 2024-13-45\n",
            "store 'shop' in line 4: no such date",
        ),
        (
            "  shop: {platform: rivo, currency: !euro EUR}\n",
            "store 'shop' in line 2: a text that begins with this sign needs quotes",
        ),
    ],
)
def test_what_cannot_be_read_of_one_store_harms_no_other(read, entries: str, why: str) -> None:
    found = read(f"stores:\n{entries}  other: {{platform: rivo}}\n")

    assert list(found.stores) == ["other"]
    assert list(found.problems) == ["shop"]
    assert why in found.problems["shop"]


def test_what_stores_share_by_an_anchor_harms_those_that_share_it(read) -> None:
    found = read(
        "stores:\n"
        "  shop: {platform: rivo, push: &push {workers: 2, workers: 3}}\n"
        "  third: {platform: rivo, push: {<<: *push}}\n"
        "  fourth: {platform: rivo, budget: &budget {share: 2024-13-45}}\n"
        "  fifth: {platform: rivo, budget: *budget}\n"
        "  other: {platform: rivo, push: &right {workers: 4}}\n"
        "  another: {platform: rivo, push: {<<: *right, workers: 5}}\n"
    )

    assert set(found.problems) == {"shop", "third", "fourth", "fifth"}
    assert "in line 2: the key workers" in found.problems["third"]
    assert "in line 4: no such date" in found.problems["fifth"]
    assert {name: store.push.workers for name, store in found.stores.items()} == {
        "other": 4,
        "another": 5,
    }


@pytest.mark.parametrize("how", ["<<: &more", "<<: [*less, &more", "<<:\n    <<: &more"])
def test_one_of_many_stores_that_are_merged_harms_no_other(read, how: str) -> None:
    end = "]" if "[" in how else ""
    inner = "      " if how.endswith("<<: &more") and "\n" in how else "    "
    found = read(
        "stores:\n"
        "  fifth: &less {sixth: {platform: rivo}}\n"
        f"  {how} {{\n"
        f"{inner}shop: {{platform: rivo}},\n"
        f"{inner}bad: {{platform: rivo, currency: 2024-13-45}},\n"
        f"{inner}twice: {{platform: rivo}}, twice: {{platform: rivo}},\n"
        f"{inner}own: {{platform: rivo, currency: 2024-13-46}} }}{end}\n"
        "  own: {platform: smile}\n"
        "  other: {platform: rivo}\n"
    )

    assert {"shop", "own", "other"} <= set(found.stores)
    assert found.stores["own"].platform == "smile"
    assert set(found.problems) == {"bad", "twice", "fifth"}
    assert "no such date" in found.problems["bad"]
    assert "the key twice stands there twice" in found.problems["twice"]


@pytest.mark.parametrize(
    "text",
    [
        "stores: {shop: {platform: rivo}}\nstores: {other: {platform: rivo}}\n",
        "queues: {awards: {slots: 1, slots: 2}}\nstores: {shop: {platform: rivo}}\n",
        "stores:\n  shop:\n\tplatform: rivo\n",
    ],
)
def test_what_is_of_no_store_alone_is_said_of_the_file(read, text: str) -> None:
    found = read(text)

    assert (list(found.stores), list(found.problems)) == ([], [""])
    assert "is not valid YAML in line " in found.problems[""]
