"""Which card goes where: the plan of a run, and the ledger of what Gorgias accepted from us."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Text

from loyalty_desk.staging.metadata import CLUSTERED, about, staging_table

FIRST_TEXTS: Final = "en-d8f00541c74ecd66"
"""The version of the English texts as they were said before it was kept."""

to_plan = staging_table(
    "to_plan",
    about(
        "One per customer whose wanted card may differ from the pushed one.",
        "A list of work: the plan takes off what it looks at, in its own transaction.",
        "Who has an unsettled change in `changes` is looked at as well, and is not here.",
    ),
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    **CLUSTERED,
)

# No index by priority: finding the next few hundred in 300,000 takes 0.1 s and is asked for every
# few minutes, while the index would make each planned change cost twice as much.
changes = staging_table(
    "changes",
    about(
        "The plan: one per customer and destination that a run is to write.",
        "The card that is sent is the member's as it is by then, which may be a newer one.",
        "A failed one is not sent again: the next run plans its customer anew.",
        "Settled ones are kept for 30 days, whatever the settings of retention say.",
    ),
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("member_id", Text, doc="Whose card it is. NULL: nobody's; the card states a class."),
    Column(
        "outcome",
        Text,
        nullable=False,
        doc="`matched`, the class that the card will state, or `withdrawn` where none will stand.",
    ),
    Column(
        "kind",
        Text,
        nullable=False,
        doc="`new`, `update`, `clear` for a non-member's card in place of a member's, `texts` for "
        "the same card in other words, or `withdraw` for none in place of one.",
    ),
    Column(
        "fingerprint",
        Text,
        nullable=False,
        doc="Of the card that is wanted; once it is sent, of the one that was sent.",
    ),
    Column(
        "priority",
        BigInteger,
        nullable=False,
        doc="The larger the sooner. Decimal digits from the right: 14 and up an open ticket (2), a "
        "recent one (1) or none (0); 10 to 13 the tier and 1 to 9 by how many points what is shown "
        "is wrong, all of them nines for a `clear`. Below 0 for `texts`.",
    ),
    Column("state", Text, nullable=False, doc="`planned`, `sending`, `done`, `failed` or `gone`."),
    Column("attempts", Integer, nullable=False, doc="How often sending was begun."),
    Column("error", Text, doc="Why it failed. NULL: it did not."),
    Column("changed_at_utc", Text, nullable=False, doc="When it came into its `state`."),
    Column(
        "ledger_version_utc",
        Text,
        doc="The version of the ledger's row that the plan saw; once the card is sent, of the row "
        "that this wrote. So what others push meanwhile is told apart. NULL: there was no row.",
    ),
    **CLUSTERED,
)

pushed_cards = staging_table(
    "pushed_cards",
    about(
        "The ledger: one per customer and destination, what Gorgias last accepted from us.",
        "Not what stands there now, as others may have changed it: see `customers`.",
        "Written outside of syncs as well: awards, webhooks and lookups bring cards too.",
    ),
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column(
        "fingerprint", Text, nullable=False, doc="Of that card; `none` where it was taken away."
    ),
    Column("is_member", Boolean, nullable=False, doc="Whether it is a member's card."),
    Column(
        "points_balance",
        BigInteger,
        doc="The points on that card. NULL: unknown, or no member's card.",
    ),
    Column(
        "version_utc",
        Text,
        nullable=False,
        doc="The version that went with it, larger than any before, so that a late write never "
        "wins. It may be ahead of the clock.",
    ),
    Column("pushed_at_utc", Text, nullable=False, doc="When Gorgias accepted it."),
    Column(
        "form",
        Text,
        doc="In which form it was written: what stands beside the card's own keys. NULL: as before "
        "widgets read it.",
    ),
    Column(
        "field_values",
        Text,
        doc="JSON of what Gorgias last took into our customer fields, by their ids, so that a "
        "write may name those alone that change. NULL: not known, as while one is being sent.",
    ),
    Column(
        "texts_version",
        Text,
        nullable=False,
        server_default=FIRST_TEXTS,
        doc="In which words it was written: a language, and a hash of the store's texts in it.",
    ),
    Column(
        "shown_fingerprint",
        Text,
        doc="What `shown_fingerprint` of `customers` is when a read sees that card. NULL: it was "
        "written before there were other words than the English ones.",
    ),
    Column(
        "activity",
        Text,
        doc="What it said of the last movements, as a hash. NULL: nothing.",
    ),
    **CLUSTERED,
)

_CAUSE_DOC: Final = (
    "`sync`, `award`, `webhook`, `lookup`, `decision` where a person said who is who, `disconnect` "
    "or `erasure`"
)
_CAUSE_REF_DOC: Final = (
    "Which run, award or ticket that was. NULL: there is none, or it is not told."
)

card_writes = staging_table(
    "card_writes",
    about(
        "One per card that Gorgias accepted from us: what it said, and what it was written for.",
        "What a write changed is the difference to the row of the version before.",
        "The newest of each card stays as long as `pushed_cards` has it; the ones before go after "
        "`retention.card_history_days`.",
        "A write that a later one overtook is not here, as in `pushed_cards`.",
    ),
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("version_utc", Text, primary_key=True, doc="The version in `pushed_cards` that it had."),
    Column("written_at_utc", Text, nullable=False, doc="When Gorgias accepted it."),
    Column("member_id", Text, doc="Whose card it was. NULL: nobody's."),
    Column(
        "outcome",
        Text,
        nullable=False,
        doc="`matched`, the class that the card stated, or `withdrawn` where it was taken away.",
    ),
    Column(
        "card",
        Text,
        nullable=False,
        doc="JSON of the card as `members` has it, or of the fields that were filled from it; `{}` "
        "where it was taken away.",
    ),
    Column(
        "cause",
        Text,
        doc=f"{_CAUSE_DOC}; `found` where a sync saw that it stood there already. NULL: it is from "
        "before this was kept.",
    ),
    Column("cause_ref", Text, doc=_CAUSE_REF_DOC),
    Index("card_writes_by_time", "store", "written_at_utc"),
    Index("card_writes_by_member", "store", "member_id"),
    **CLUSTERED,
)

cards_to_show = staging_table(
    "cards_to_show",
    about(
        "One per member whose card is to be shown at once: a webhook or a lookup brought news.",
        "Asked for again while it is being shown, the row stays with the later time.",
    ),
    Column("store", Text, primary_key=True),
    Column("member_id", Text, primary_key=True),
    Column("asked_at_utc", Text, nullable=False, doc="When it was last asked for."),
    Column("cause", Text, doc=f"{_CAUSE_DOC}: why it was last asked for. NULL: it is not told."),
    Column("cause_ref", Text, doc=_CAUSE_REF_DOC),
    **CLUSTERED,
)

customers_to_show = staging_table(
    "customers_to_show",
    about(
        "One per customer whose card is to be shown at once, whoever it turns out to be: a lookup "
        "found another one than stands there, or a person decided who it is.",
        "It holds no address: whose card it is, is found out by what Gorgias says of the customer.",
        "Asked for again while it is being shown, the row stays with the later time.",
    ),
    Column("store", Text, primary_key=True),
    Column("customer_id", BigInteger, primary_key=True),
    Column(
        "is_stale",
        Boolean,
        nullable=False,
        doc="Whether staging does not know the customer as the asker does: Gorgias is read first.",
    ),
    Column("asked_at_utc", Text, nullable=False, doc="When it was last asked for."),
    Column("cause", Text, doc=f"{_CAUSE_DOC}: why it was last asked for. NULL: it is not told."),
    Column("cause_ref", Text, doc=_CAUSE_REF_DOC),
    **CLUSTERED,
)
