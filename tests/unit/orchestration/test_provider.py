"""What Airflow is told of our connection types, held against Airflow and against the platforms."""

from __future__ import annotations

import json
import tomllib
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import airflow
import jsonschema
import pytest
from airflow._shared.secrets_masker import should_hide_value_for_key
from airflow.providers_manager import ProvidersManager

from loyalty_desk.hooks.found import GORGIAS, OWN_TYPES
from loyalty_desk.orchestration.provider import get_provider_info
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.settings.stores_file import OWN_PLATFORMS
from tests.project import PROJECT_ROOT

TYPES: dict[str, dict[str, Any]] = {
    one["connection-type"]: one for one in get_provider_info()["connection-types"]
}
CORE = Path(airflow.__file__).parent


def test_airflow_takes_what_it_is_told() -> None:
    schema = json.loads((CORE / "provider_info.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(get_provider_info(), schema)


def test_a_checkout_is_known_to_airflow_under_the_name_of_the_project() -> None:
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    known = distribution(project["name"])
    assert known.version == project["version"]
    assert project["name"] == get_provider_info()["package-name"]
    assert get_provider_info()["package-name"] in ProvidersManager().providers


def test_there_is_a_type_for_gorgias_and_for_each_platform_of_ours() -> None:
    assert set(TYPES) == OWN_TYPES == {GORGIAS, *OWN_PLATFORMS}
    shown = {
        one.connection_type for one in ProvidersManager().iter_connection_type_hook_ui_metadata()
    }
    assert shown > OWN_TYPES


@pytest.mark.parametrize("name", TYPES)
def test_the_hook_of_a_type_names_the_type(name: str) -> None:
    module, _, hook_name = TYPES[name]["hook-class-name"].rpartition(".")
    hook = getattr(import_module(module), hook_name)

    assert hook.conn_type == name
    assert hook.hook_name == TYPES[name]["hook-name"]
    assert getattr(hook(**{hook.conn_name_attr: "mine"}), hook.conn_name_attr) == "mine"


@pytest.mark.parametrize("name", TYPES)
def test_airflow_masks_the_fields_that_are_secret_and_no_other(name: str) -> None:
    for field, told in TYPES[name]["conn-fields"].items():
        is_secret = told["schema"].get("format") == "password"
        assert should_hide_value_for_key(field) is is_secret, field


@pytest.mark.parametrize("name", OWN_PLATFORMS)
def test_the_form_of_a_platform_fits_the_platform(name: str) -> None:
    kind, told = platform_class(name), TYPES[name]
    assert told["hook-name"] == kind.title
    assert told["ui-field-behaviour"]["placeholders"]["host"] == f"empty: {kind.base_url}"
    assert ("api" in told["conn-fields"]) is bool(kind.guesses)
    assert ("profile_url" in told["conn-fields"]) is ("profile_url" in kind.guesses)
    with_secret = {"webhook_secret": "x"}
    tells = kind.capabilities_of(with_secret).sends_webhooks
    assert ("webhook_secret" in told["conn-fields"]) is tells
