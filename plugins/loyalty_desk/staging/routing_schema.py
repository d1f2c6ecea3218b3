"""What routing set on tickets, so that what a person changed since is known to be left alone."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Text

from loyalty_desk.staging.metadata import CLUSTERED, about, staging_table

routed_tickets = staging_table(
    "routed_tickets",
    about(
        "One per ticket on which routing ever set something.",
        "What stands on the ticket now is in Gorgias, and in `tickets` as last read.",
        "Remembered for `retention.routed_ticket_days`, as a person's change has to stay.",
    ),
    Column("store", Text, primary_key=True),
    Column("ticket_id", BigInteger, primary_key=True),
    Column("customer_id", BigInteger, doc="Who wrote. NULL: the call did not say."),
    Column(
        "state",
        Text,
        nullable=False,
        doc="`setting`: one process is at it, or died at it if that is long ago; `set`: done.",
    ),
    Column(
        "at_utc",
        Text,
        nullable=False,
        doc="When it was last begun, by our clock: a ticket read before does not show it. Empty: "
        "nothing came of it.",
    ),
    Column("tag", Text, doc="The tag that we put on it. NULL: none of ours stands there."),
    Column("priority", Text, doc="The priority that we gave it. NULL: it is not of us."),
    Column(
        "tag_left_at_utc",
        Text,
        doc="When we saw that a person took our tag off: it is left to people. NULL: it is not.",
    ),
    Column(
        "priority_left_at_utc",
        Text,
        doc="When we saw that a person gave it another priority than ours. NULL: nobody did.",
    ),
    Column(
        "first_answer_at_utc",
        Text,
        doc="When somebody of the helpdesk first wrote to the customer. NULL: nobody did yet, or "
        "it was not read.",
    ),
    Column(
        "sought_at_utc",
        Text,
        doc="The `updated_at_utc` of the ticket when its first answer was last looked for. NULL: "
        "never.",
    ),
    **CLUSTERED,
)
