"""Custom field values: what fits a definition, and how a customer's values are written."""

from collections.abc import Collection
from typing import Any

from sandbox.gorgias.account import Account
from sandbox.gorgias.answers import MISSING, ApiError
from sandbox.switches import Switches


def read_pairs(account: Account, pairs: Any) -> dict[int, Any]:
    """Return values by definition id from a list of `{"id", "value"}`.

    Raises:
        ApiError: when the list, an id or a value is not right. Nothing is stored then.
    """
    if not isinstance(pairs, list):
        raise ApiError(400, "The body must be a JSON array.")
    values: dict[int, Any] = {}
    for pair in pairs:
        if not isinstance(pair, dict) or set(pair) != {"id", "value"}:
            raise ApiError(400, "The request has invalid fields.", {"id, value": [MISSING]})
        values[pair["id"]] = read_value(account, pair["id"], pair["value"])
    return values


def find_cleared(account: Account, row: int, named: Collection[int]) -> dict[int, Any]:
    """Return the values that a bulk write clears, as None, because it does not name their fields.

    Raises:
        ApiError: one of them is of a system-managed field, and a switch says that it has to stay.
    """
    switches, held = account.ground.switches, account.desk.fields.held
    if not switches.custom_field_bulk_replaces:
        return {}
    cleared = [
        field_id
        for field_id in account.customers.field_values(row)
        if field_id not in named and not held[field_id]["deactivated_datetime"]
    ]
    if switches.custom_field_managed_required and any(held[one]["managed_type"] for one in cleared):
        wrong = {"id": ["A managed field is missing."]}
        raise ApiError(400, "The request has invalid fields.", wrong)
    return dict.fromkeys(cleared)


def read_value(account: Account, field_id: Any, value: Any) -> Any:
    """Return a value that fits its definition.

    Raises:
        ApiError: no active customer field with this id, or a value that does not fit it.
    """
    switches = account.ground.switches
    field = account.desk.fields.held.get(field_id) if isinstance(field_id, int) else None
    if field is None or field["object_type"] != "Customer" or field["deactivated_datetime"]:
        raise ApiError(400, "The request has invalid fields.", {"id": ["No such customer field."]})
    if value is None:
        if switches.custom_field_null_clears:
            return None
        raise ApiError(400, "The request has invalid fields.", {"value": ["May not be null."]})
    if not _fits(value, field["definition"], switches):
        status = switches.custom_field_bad_value_status
        raise ApiError(status, "The request has invalid fields.", {"value": ["Not a valid value."]})
    return value


def _fits(value: Any, definition: dict[str, Any], switches: Switches) -> bool:
    settings = definition.get("input_settings") or {}
    kind = definition["data_type"]
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return _fits_number(value, settings, switches)
    if not isinstance(value, str):
        return False
    longest = switches.custom_field_text_max
    is_choice = settings.get("input_type") != "dropdown" or value in settings.get("choices", ())
    return is_choice and (not longest or len(value) <= longest)


def _fits_number(value: Any, settings: dict[str, Any], switches: Switches) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(value, float) and not switches.custom_field_decimals:
        return False
    low, high = settings.get("min"), settings.get("max")
    return (low is None or value >= low) and (high is None or value <= high)
