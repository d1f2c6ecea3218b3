"""Finds out how customer fields are written, on the probe's customer and on fields of ours alone.

A field that was made for a probe could never be deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from loyalty_desk.clock import utc_now
from loyalty_desk.errors import ApiError, BadConnectionError
from loyalty_desk.gorgias.client import GorgiasClient, ValueBody
from loyalty_desk.gorgias.field_edits import leaves_event
from loyalty_desk.gorgias.reading import CustomFieldDefinition

NO_FIELDS: Final = "not tried: there are no fields of ours yet"
BODIES: Final[Sequence[ValueBody]] = ("raw", "object")

Answer = tuple[str, str, dict[str, Any]]
"""A question, what the account answered, and the settings that follow."""


class FieldProbe:
    """Asks one account, on one customer that is removed afterwards. Raises what the client does."""

    def __init__(self, client: GorgiasClient, customer_id: int, field_ids: Collection[int]) -> None:
        self._client, self._customer_id = client, customer_id
        listed = client.iter_custom_field_definitions() if field_ids else ()
        self._fields = [one for one in listed if one.active and one.field_id in field_ids]

    def run(self) -> list[Answer]:
        began = utc_now()
        answers = [self._ask_null(), self._ask_rule(), self._ask_single()]
        if self._fields:
            try:
                has_left = leaves_event(self._client, self._customer_id, began)
            except (ApiError, BadConnectionError):
                return answers
            answers.append(
                (
                    "Does an edit of a customer field leave an event?",
                    "yes" if has_left else "no",
                    {"field_edits_leave_events": has_left},
                )
            )
        return answers

    def _ask_null(self) -> Answer:
        question = "Does null empty a customer field?"
        if not self._fields:
            return question, NO_FIELDS, {}
        field = self._fields[0]
        try:
            self._put({field.field_id: _values(field)[0]})
            self._put({field.field_id: None})
            is_cleared = self._held().get(field.field_id) is None
        except ApiError:
            is_cleared = False
        way = "null" if is_cleared else "delete"
        return question, "yes" if is_cleared else "no", {"clear_field_with": way}

    def _ask_rule(self) -> Answer:
        question = "Does a write of customer fields clear those that it leaves out?"
        if len(self._fields) < 2:
            return question, NO_FIELDS, {}
        first, second = self._fields[:2]
        self._put({first.field_id: _values(first)[0], second.field_id: _values(second)[0]})
        self._put({second.field_id: _values(second)[1]})
        is_left = self._held().get(first.field_id) == _values(first)[0]
        rule = "merge" if is_left else "replace"
        return question, "no" if is_left else "yes", {"field_writes": rule}

    def _ask_single(self) -> Answer:
        question = "How is one customer field written by itself?"
        if not self._fields:
            return question, NO_FIELDS, {}
        body = next((body for body in BODIES if self._takes(body)), "none")
        told = {"raw": "the value", "object": "the field's id with the value", "none": "not at all"}
        return question, told[body], {"field_value_body": body}

    def _takes(self, body: ValueBody) -> bool:
        """Whether a write of one value arrives as it was meant, and touches no other."""
        values = {field.field_id: _values(field)[0] for field in self._fields[:2]}
        field = self._fields[0]
        wanted = {**values, field.field_id: _values(field)[1]}
        self._put(values)
        try:
            self._client.put_custom_field(
                self._customer_id, field.field_id, wanted[field.field_id], body
            )
        except ApiError:
            return False
        held = self._held()
        return {field_id: held.get(field_id) for field_id in wanted} == wanted

    def _put(self, values: dict[int, Any]) -> None:
        self._client.put_custom_fields(self._customer_id, values)

    def _held(self) -> dict[int, Any]:
        return self._client.get_custom_fields(self._customer_id)


def _values(field: CustomFieldDefinition) -> tuple[Any, Any]:
    """Two values that the field takes, different ones where it can have such."""
    if field.data_type == "number":
        return 1, 2
    if field.data_type == "boolean":
        return True, False
    if field.choices:
        return field.choices[0], field.choices[-1]
    return "probe", "probed"
