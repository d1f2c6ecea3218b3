"""Who there is: members of the loyalty platform, customers of Gorgias, as they were last read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Text, text

from loyalty_desk.staging.metadata import (
    CLUSTERED,
    ROOM_TO_CHANGE,
    about,
    find_by,
    staging_table,
)

members = staging_table(
    "members",
    about(
        "One per member of the platform.",
        "Who left stays, with `gone_at_utc`; of who was erased on the platform the id stays.",
        "An `email_key` may be on several members: a tie, which is never broken.",
    ),
    Column("store", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("email", Text),
    Column("email_key", Text),
    Column("email_state", Text, nullable=False),
    Column(
        "status",
        Text,
        nullable=False,
        doc="What the platform says: `member`, `guest`, `excluded` or `erased`.",
    ),
    Column("phone", Text, doc="As received. NULL: not told."),
    Column("external_id", Text),
    Column(
        "points_balance",
        BigInteger,
        doc="Repeats the card, for ordering: whole points. NULL: unknown, which is never 0.",
    ),
    Column(
        "tier_rank", Integer, nullable=False, doc="0 is no tier, larger is better. For ordering."
    ),
    Column(
        "card",
        Text,
        nullable=False,
        doc="What is known of the loyalty card: JSON with sorted keys, without `synced_at` and the "
        "sentences. A key that is absent is unknown.",
    ),
    Column("card_fingerprint", Text, nullable=False, doc="The fingerprint of `card`."),
    Column(
        "changed_at_utc",
        Text,
        nullable=False,
        doc="When the platform was asked for what stands here; of two reads the one that asked "
        "later stays. Neither when it changed there nor when it was written here.",
    ),
    Column("gone_at_utc", Text),
    *find_by("members_by_email_key", "email_key", "status", "gone_at_utc", "member_id"),
    **ROOM_TO_CHANGE,
)

customers = staging_table(
    "customers",
    about(
        "One per customer of the helpdesk.",
        "Who was merged or deleted stays, with `gone_at_utc`.",
        "What Gorgias shows now is `shown_fingerprint` if `read_at_utc` is later than the "
        "`pushed_at_utc` of `pushed_cards`, else what was pushed.",
    ),
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("email", Text),
    Column("email_key", Text),
    Column("email_state", Text, nullable=False),
    Column("name", Text, doc="As received. NULL: not told."),
    Column("external_id", Text),
    Column(
        "other_data",
        Text,
        doc="JSON of the keys in Gorgias' `data` that are not ours. NULL: none are known.",
    ),
    Column(
        "shown_fingerprint",
        Text,
        doc="The fingerprint of the card that the last read saw in Gorgias' `data`, with its "
        "sentences where these are not the English ones; `none`: there was no card. NULL: no read "
        "could tell.",
    ),
    Column(
        "updated_at_utc",
        Text,
        nullable=False,
        doc="When the customer changed, by Gorgias' clock; an older one never replaces a newer.",
    ),
    Column(
        "read_at_utc",
        Text,
        nullable=False,
        doc="When `other_data`, `shown_fingerprint` and `field_ids` were asked for, by our clock.",
    ),
    Column(
        "channels_read_at_utc",
        Text,
        doc="When the further addresses were read. NULL: never, as lists do not tell them.",
    ),
    Column("gone_at_utc", Text),
    Column(
        "field_ids",
        Text,
        doc="JSON list of the ids of Gorgias' customer fields that hold a value, whoever wrote it. "
        "NULL: no read could tell.",
    ),
    Column(
        "language",
        Text,
        doc="The person's language, the two letters of ISO 639-1. NULL: not told, or not read yet.",
    ),
    *find_by("customers_by_email_key", "email_key"),
    # Few are gone; a plan asks who, and must not read all customers to find out.
    Index(
        "customers_gone",
        "store",
        "customer_id",
        sqlite_where=text("gone_at_utc IS NOT NULL"),
        postgresql_where=text("gone_at_utc IS NOT NULL"),
    ),
    **CLUSTERED,
    **ROOM_TO_CHANGE,
)

customer_channels = staging_table(
    "customer_channels",
    about(
        "One per further e-mail address of a customer.",
        "The primary address is not here but in `customers`.",
        "No row does not mean no address: they are looked up for few customers, where needed.",
    ),
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("email_key", Text, primary_key=True),
    Index("customer_channels_by_email_key", "store", "email_key"),
    **CLUSTERED,
)

tickets = staging_table(
    "tickets",
    about(
        "One per ticket that was updated in the last `extract.recent_ticket_days`.",
        "Older ones are removed, so who has no row may well have written before.",
    ),
    Column("store", Text, primary_key=True),
    Column("ticket_id", BigInteger, primary_key=True),
    Column("customer_id", BigInteger, nullable=False),
    Column("status", Text, nullable=False, doc="As Gorgias has it: `open` or `closed`."),
    Column(
        "updated_at_utc", Text, nullable=False, doc="When the ticket changed, by Gorgias' clock."
    ),
    Column("created_at_utc", Text, doc="When it was created, by Gorgias' clock. NULL: not told."),
    Column(
        "priority", Text, doc="`critical`, `high`, `normal` or `low`, as last read. NULL: not told."
    ),
    Column("tags", Text, doc="JSON list of the names of its tags, as last read. NULL: not told."),
    Column("channel", Text, doc="What it came by, such as `email` or `chat`. NULL: not told."),
    Index("tickets_by_customer", "store", "customer_id"),
    **CLUSTERED,
)

further_tickets = staging_table(
    "further_tickets",
    about(
        "One per ticket that makes its customer one of `push.audience: recent` and that `tickets` "
        "has not, or had not when it came here.",
        "Empty in a store whose `push.audience` is `everybody`.",
        "It counts for nothing else: a customer with such a ticket alone has no recent one.",
    ),
    Column("store", Text, primary_key=True),
    Column("ticket_id", BigInteger, primary_key=True),
    Column("customer_id", BigInteger, nullable=False),
    Column(
        "status",
        Text,
        nullable=False,
        doc="`open` or `closed`, as Gorgias had it when it was last read; `asked`: a lookup was "
        "for it, which no sync has read.",
    ),
    Column(
        "updated_at_utc",
        Text,
        nullable=False,
        doc="When the ticket changed, by Gorgias' clock; of an `asked` one when the lookup came.",
    ),
    Index("further_tickets_by_customer", "store", "customer_id"),
    **CLUSTERED,
)

former_members = staging_table(
    "former_members",
    about(
        "One per address, linked customer or later id that tells who a member was of a platform "
        "that the store left.",
        "So that whoever is erased, or asks what is kept, is found under the old id too.",
        "Goes once nothing that is kept can name the old id any more.",
    ),
    Column("store", Text, primary_key=True),
    Column(
        "member_id",
        Text,
        primary_key=True,
        doc="As awards and decisions have it: the platform's name, then the id there (`rivo 7`).",
    ),
    Column(
        "kind",
        Text,
        primary_key=True,
        doc="What `value` is: `email_key`, `customer` or, of the platform after it, `member`.",
    ),
    Column("value", Text, primary_key=True, doc="An address, or an id as text."),
    Column("left_at_utc", Text, nullable=False, doc="When the store left that platform."),
    Index("former_members_by_value", "store", "kind", "value"),
    **CLUSTERED,
)

erased_people = staging_table(
    "erased_people",
    about(
        "One per address or id of a person that was erased on request, as a keyed hash: enough to "
        "keep the person from coming back, and not to tell who it was.",
        "The salt of the hashes is in `store_state`; without it they keep nobody out.",
        "What was erased at once has the same `erased_at_utc`, and is let in again at once.",
    ),
    Column("store", Text, primary_key=True),
    Column(
        "person_hash",
        Text,
        primary_key=True,
        doc="HMAC-SHA256 in hex of a kind and an address or id.",
    ),
    Column("erased_at_utc", Text, nullable=False),
    **CLUSTERED,
)
