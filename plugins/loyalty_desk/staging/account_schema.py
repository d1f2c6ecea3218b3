"""What is known of a store's accounts: request budgets, tokens, what was made in Gorgias."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Text

from loyalty_desk.staging.metadata import about, staging_table

store_state = staging_table(
    "store_state",
    about(
        "One per thing that is known of a store besides its settings.",
        "Not the settings: these are in `include/stores.yaml`, and nowhere in staging.",
    ),
    Column(
        "store",
        Text,
        primary_key=True,
        doc="Empty for `nonce` and `journal`, which are the whole installation's.",
    ),
    Column("key", Text, primary_key=True, doc="A `StateKey` of `staging/store_state.py`."),
    Column(
        "content",
        Text,
        nullable=False,
        doc="JSON or plain text, as the key wants it; for `button` encrypted with Airflow's "
        "Fernet key.",
    ),
    Column("updated_at_utc", Text, nullable=False),
)

gorgias_objects = staging_table(
    "gorgias_objects",
    about(
        "One per object that we made in Gorgias.",
        "Somebody may have deleted it there since; `connect` finds out and makes it anew.",
    ),
    Column("store", Text, primary_key=True),
    Column(
        "kind",
        Text,
        primary_key=True,
        doc="`tag`, `custom_field`, `integration`, `widget`, `macro` or `view`.",
    ),
    Column("key", Text, primary_key=True, doc="Our name of it among those of its kind."),
    Column("gorgias_id", BigInteger, nullable=False, doc="Its id in Gorgias."),
)

request_budgets = staging_table(
    "request_budgets",
    about(
        "One per Gorgias account: the leaky bucket of its requests as every process sees it.",
        "No `store`: stores with one account share its row.",
        "The levels are as of `leaked_at_s`; much may have leaked away since.",
    ),
    Column("account", Text, primary_key=True, doc="The host name of the account."),
    Column("level", Float, nullable=False, doc="Requests in the bucket, whoever sent them."),
    Column(
        "own_level", Float, nullable=False, doc="Requests that we sent, in a bucket of their own."
    ),
    Column("capacity", Float, nullable=False, doc="Requests that the bucket holds."),
    Column("leaked_at_s", Float, nullable=False, doc="When that was so, in UNIX seconds."),
    Column(
        "blocked_until_s",
        Float,
        nullable=False,
        doc="Until when nobody sends, as Gorgias refused, in UNIX seconds; 0: it did not.",
    ),
)

oauth_tokens = staging_table(
    "oauth_tokens",
    about(
        "One per OAuth2 connection: its newest tokens.",
        "No `store`: the key is what the tokens grew from, so that the connection may be renamed.",
        "A `conn_id` that ends in ` (lease)` is who renews the tokens now, not tokens.",
        "The connection itself keeps the first refresh token, which may not work any more.",
    ),
    Column(
        "conn_id",
        Text,
        primary_key=True,
        doc="`seed` and a hash of the connection's refresh token; its id in older versions.",
    ),
    Column("tokens", Text, nullable=False, doc="JSON, encrypted with Airflow's Fernet key."),
    Column("expires_at_utc", Text, nullable=False),
)

api_tokens = staging_table(
    "api_tokens",
    about(
        "One per token for one of our HTTP endpoints, for one store.",
        "One that is over stays: revoked, or past its end, it opens nothing.",
    ),
    Column("token_id", Text, primary_key=True, doc="The public part of the token."),
    Column("store", Text, nullable=False),
    Column("opens", Text, nullable=False, doc="The one endpoint: `awards` or `lookup`."),
    Column("secret_hash", Text, nullable=False, doc="SHA-256 in hex of the secret part."),
    Column("label", Text, nullable=False, doc="What a person calls it."),
    Column("made_by", Text, nullable=False, doc="Who made it."),
    Column("made_at_utc", Text, nullable=False),
    Column("revoked_by", Text, doc="Who revoked it. NULL: nobody did."),
    Column("revoked_at_utc", Text),
    Column(
        "owner",
        Text,
        doc="Who answers for it: neither the owner nor who made it approves what comes through it. "
        "NULL: who made it.",
    ),
    Column(
        "ceilings",
        Text,
        doc="JSON of its own limits by the setting's name. NULL: those of the settings alone.",
    ),
    Column(
        "ends_at_utc",
        Text,
        doc="When it ends by itself, as another has taken its place. NULL: not before somebody "
        "revokes it.",
    ),
)
