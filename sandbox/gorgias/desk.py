"""What the account holds besides customers and tickets: fields, tags, agents and plain objects."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import DAY_US, iso_naive, iso_offset
from sandbox.gorgias.access import ACCOUNT, AGENT_EMAIL, AGENT_ID, APP_USER_ID
from sandbox.gorgias.customer_rows import CUSTOMER_TYPES, OTHER_TOOL_FIELD
from sandbox.ground import Ground

TAG_NAMES = ("shipping", "vip", "refund")
FIRST_TAG_ID = 88
PERSON_ID = 14
"""Who works in the helpdesk by hand, as far as the control API does it."""
USERS = {
    AGENT_ID: ("Olga Ops", AGENT_EMAIL, "admin", True),
    APP_USER_ID: ("Loyalty App", "app@lakeside.test", "bot", True),
    PERSON_ID: ("Eve Agent", "eve@shop.example", "agent", True),
    15: ("Ada Agent", "ada@shop.example", "lite-agent", True),
    16: ("Ivo Former", "ivo@shop.example", "agent", False),
}
"""Name, address, role and whether active, by id."""


@dataclass(slots=True)
class Shelf:
    """Objects of one kind by id. Ids go up by one from `last_id`."""

    last_id: int
    held: dict[int, dict[str, Any]] = field(default_factory=dict)

    def add(self, content: dict[str, Any]) -> dict[str, Any]:
        """Store an object under the next id and return it."""
        self.last_id += 1
        self.held[self.last_id] = {"id": self.last_id, **content}
        return self.held[self.last_id]


class Desk:
    """The small collections of the account."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.opened_us = ground.clock.base_us - 7 * 365 * DAY_US
        self.fields = Shelf(OTHER_TOOL_FIELD - 1)
        self.tags = Shelf(FIRST_TAG_ID - 1)
        self.users = Shelf(max(USERS))
        self.widgets = Shelf(2200)
        self.integrations = Shelf(554)
        self.macros = Shelf(3300)
        self._add_fields()
        for name in TAG_NAMES:
            self.add_tag(name, None)
        self.users.held = {user_id: self._user(user_id) for user_id in USERS}

    def add_tag(self, name: str, decoration: dict[str, Any] | None) -> dict[str, Any]:
        """Make a tag."""
        created = iso_offset(self._ground.clock.now_us())
        content = {"name": name, "decoration": decoration, "description": None, "usage": 0}
        return self.tags.add(content | {"created_datetime": created, "deleted_datetime": None})

    def find_tag(self, name: str) -> dict[str, Any] | None:
        """Return the tag with exactly this name, None when there is none."""
        return next((tag for tag in self.tags.held.values() if tag["name"] == name), None)

    def account(self) -> dict[str, Any]:
        """Return the account."""
        zone = self._ground.switches.account_time_zone
        return {
            "domain": ACCOUNT,
            "created_datetime": iso_offset(self.opened_us),
            "deactivated_datetime": None,
            "status": {"status": "active"},
            "settings": [{"id": 1, "type": "business-hours", "data": {"timezone": zone}}],
        }

    def _add_fields(self) -> None:
        stamp = iso_naive(self.opened_us)
        text = {"data_type": "text", "input_settings": {"input_type": "input", "placeholder": ""}}
        choices = {"input_type": "dropdown", "choices": list(CUSTOMER_TYPES), "default": None}
        other_tool = "Kept by another tool"
        for kind, label, description, managed_type, definition in (
            ("Customer", "Delivery wish", other_tool, None, text),
            ("Ticket", "Contact reason", other_tool, None, text),
            ("Customer", "Customer type", "Kept by Gorgias", "customer_type",
             {"data_type": "text", "input_settings": choices}),
        ):  # fmt: skip
            self.fields.add({
                "external_id": None,
                "object_type": kind,
                "label": label,
                "description": description,
                "priority": 1,
                "required": False,
                "managed_type": managed_type,
                "definition": definition,
                "created_datetime": stamp,
                "updated_datetime": stamp,
                "deactivated_datetime": None,
            })  # fmt: skip

    def _user(self, user_id: int) -> dict[str, Any]:
        name, email, role, is_active = USERS[user_id]
        first, _, last = name.partition(" ")
        stamp = iso_offset(self.opened_us)
        return {
            "id": user_id,
            "active": is_active,
            "bio": None,
            "created_datetime": stamp,
            "country": None,
            "deactivated_datetime": None if is_active else stamp,
            "email": email,
            "external_id": None,
            "firstname": first,
            "lastname": last,
            "name": name,
            "has_password": role != "bot",
            "has_2fa_enabled": False,
            "language": "en",
            "meta": None,
            "role": {"name": role},
            "timezone": "UTC",
            "updated_datetime": stamp,
            "uri": f"/api/users/{user_id}/",
        }
