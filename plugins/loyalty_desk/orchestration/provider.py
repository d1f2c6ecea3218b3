"""What Airflow is told of our connection types: their hooks, and the fields of their forms.

Each of Airflow's processes reads this: import nothing slow here. A field with the format `password`
is shown as dots, and Airflow itself gives no value back whose name holds `secret` or `token`.
"""

from __future__ import annotations

from typing import Any, Final

Field = dict[str, Any]

DISTRIBUTION: Final = "loyalty-desk"
"""The name in the package's metadata, which has to be the same."""


def get_provider_info() -> dict[str, Any]:
    """The entry point `apache_airflow_provider`."""
    return {
        "package-name": DISTRIBUTION,
        "name": "Loyalty Desk",
        "description": "Loyalty programmes in Gorgias: rivo, trifft, smile, loyaltylion.",
        "connection-types": [
            _gorgias(),
            _platform(
                "rivo",
                "Rivo",
                hook="RivoHook",
                address="https://developer-api.rivo.io/merchant_api/v1",
                key="API key of the Developer Toolkit",
                fields=WEBHOOK_SECRETS,
            ),
            _platform(
                "trifft",
                "TRIFFT",
                hook="TrifftHook",
                address="https://api.trifft.io/v1",
                key="token of the Content Cockpit that may write",
                fields={
                    **WEBHOOK_SECRETS,
                    "webhook_login": _text(
                        "Webhook login", "Only where webhooks come with a basic login."
                    ),
                    "key_created_on": _text(
                        "Token made on", "Such as 2026-01-31; tokens end after three years."
                    ),
                    "profile_url": PROFILE_URL,
                    "api": OPEN_FACTS,
                },
            ),
            _platform(
                "smile",
                "Smile.io",
                hook="SmileHook",
                address="https://api.smile.io/v1",
                key="API key (Plus, Enterprise)",
                fields={"profile_url": PROFILE_URL, "api": OPEN_FACTS},
            ),
            _platform(
                "loyaltylion",
                "LoyaltyLion",
                hook="LoyaltyLionHook",
                address="https://api.loyaltylion.com",
                key="access token pat_…",
                fields={
                    **WEBHOOK_SECRETS,
                    "profile_url": PROFILE_URL,
                    "api": OPEN_FACTS,
                },
            ),
        ],
    }


def _text(label: str, description: str, **schema: Any) -> Field:
    return {
        "label": label,
        "description": description,
        "schema": {"type": ["string", "null"], **schema},
    }


def _secret(label: str, description: str) -> Field:
    return _text(label, description, format="password")


WEBHOOK_SECRETS: Final = {
    "webhook_secret": _secret(
        "Webhook secret", "What webhooks are verified by; without it they are refused."
    ),
    "old_webhook_secret": _secret(
        "Old webhook secret", "Accepted besides, while the platform still signs with it."
    ),
    "old_webhook_until": _text(
        "Old webhook secret until", "Such as 2026-01-31; empty: until it is removed."
    ),
}
PROFILE_URL: Final = _text(
    "Admin address of a member",
    "Where a person opens a member, with {member_id} in it; agents get the link.",
)
OPEN_FACTS: Final[Field] = {
    "label": "Open facts",
    "description": "What the platform does not document and is otherwise than assumed, key by key:"
    ' {"updated.parameter": null}. `platform check` tells which.',
    "schema": {"type": ["object", "null"]},
}


def _gorgias() -> dict[str, Any]:
    return {
        "connection-type": "gorgias",
        "hook-class-name": "loyalty_desk.hooks.gorgias.GorgiasHook",
        "hook-name": "Gorgias",
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": {
                "host": "Account",
                "login": "E-mail of the user",
                "password": "API key",
            },
            "placeholders": {
                "host": "my-shop, of https://my-shop.gorgias.com",
                "login": "you@my-shop.example",
                "password": "Settings → REST API in Gorgias",
            },
        },
        "conn-fields": {
            "client_id": _text(
                "OAuth client id", "Of an OAuth2 app, in place of e-mail and API key."
            ),
            "client_secret": _secret("OAuth client secret", "Of the same app."),
            "refresh_token": _secret(
                "OAuth refresh token", "The first one; newer ones are kept in staging."
            ),
        },
    }


def _platform(
    name: str, title: str, *, hook: str, address: str, key: str, fields: dict[str, Field]
) -> dict[str, Any]:
    return {
        "connection-type": name,
        "hook-class-name": f"loyalty_desk.hooks.loyalty.{hook}",
        "hook-name": title,
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port", "login"],
            "relabeling": {"host": "API address", "password": "API key"},
            "placeholders": {"host": f"empty: {address}", "password": key},
        },
        "conn-fields": fields,
    }
