"""What Airflow is told of an installed package, by its entry point. Every process reads it."""

from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    return {
        "package-name": "loyalty-desk",
        "name": "Loyalty Desk",
        "description": "Keeps a Gorgias helpdesk in step with a loyalty programme.",
    }
