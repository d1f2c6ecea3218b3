"""The catalogue of the programme: rewards, earning rules, and the redemptions that were made."""

from typing import Any

from sandbox.clock import DAY_US, iso_z
from sandbox.ground import Ground

FIRST_REDEMPTION_ID = 600_001
REWARDS: tuple[tuple[int, str, int, str, str], ...] = (
    (41, "5 off", 100, "fixed_amount", "points"),
    (42, "Free delivery", 60, "free_shipping", "points"),
    (43, "Any amount off", 1, "fixed_amount", "points"),
    (44, "Credit", 200, "points_to_credit", "points"),
    (45, "Friend gift", 0, "percentage", "referrer"),
)
INCREMENTAL_REWARDS = (43,)
RULES: tuple[tuple[int, str, str, int | None, str | None], ...] = (
    (5511, "Join the club", "customer_member_enabled", 50, None),
    (5512, "Place an order", "order_placed", 1, None),
    (5513, "Write a review", "custom_action", 75, "review"),
    (5514, "Follow us", "", None, None),
)


def rule_points(action: str) -> int | None:
    """Return what a custom action earns, None when no rule has this name."""
    return next((points for _, _, _, points, name in RULES if name == action), None)


class Shelf:
    """Rewards and rules never change; redemptions are added."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.redemptions: list[dict[str, Any]] = []

    def rewards(self) -> list[dict[str, Any]]:
        """Return the rewards' attributes."""
        opened = iso_z(self._ground.clock.base_us - 800 * DAY_US)
        return [
            {
                "id": reward_id,
                "name": name,
                "enabled": True,
                "points_amount": points,
                "points_type": "multiplier" if reward_id in INCREMENTAL_REWARDS else "fixed",
                "reward_type": kind,
                "source": source,
                "reward_value": 5.0,
                "expiry_months": 6,
                "redeemed_count": 0,
                "purchase_type": "one_time",
                "icon_url": None,
                "variant_ids": [],
                "created_at": opened,
                "updated_at": opened,
            }
            for reward_id, name, points, kind, source in REWARDS
        ]

    def rules(self) -> list[dict[str, Any]]:
        """Return the earning rules' attributes; one is not set up and almost all null."""
        return [
            {
                "id": rule_id,
                "title": title if trigger else None,
                "name": title,
                "description": None,
                "status": "active" if trigger else None,
                "trigger": trigger or None,
                "points_amount": points,
                "credits_amount": None,
                "points_type": "fixed" if points else None,
                "custom_action_name": action,
                "hidden_from_ui": False,
            }
            for rule_id, title, trigger, points, action in RULES
        ]

    def add_redemption(self, content: dict[str, Any]) -> dict[str, Any]:
        """Store a redemption and return its attributes."""
        redemption_id = FIRST_REDEMPTION_ID + len(self.redemptions)
        self.redemptions.append({"id": redemption_id, **content})
        return self.redemptions[-1]
