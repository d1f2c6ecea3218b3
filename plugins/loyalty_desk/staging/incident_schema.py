"""Incidents: customers compensated at once, and what was decided about each of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Text

from loyalty_desk.staging.metadata import CLUSTERED, about, staging_table

incidents = staging_table(
    "incidents",
    about(
        "One per batch of awards that was asked for after an incident.",
        "Asked for again, an incident has another batch of whoever was not compensated before.",
        "The awards of the batch are in `awards`, under the same `batch_id`.",
    ),
    Column("store", Text, primary_key=True),
    Column("batch_id", Text, primary_key=True, doc="Ours, random; also on its awards."),
    Column(
        "incident",
        Text,
        nullable=False,
        doc="The name that people gave it. Nobody is compensated twice under one name.",
    ),
    Column("agent", Text, nullable=False, doc="Who asked, as in `awards.agent`."),
    Column("asked_at_utc", Text, nullable=False),
    Column(
        "choice", Text, nullable=False, doc="JSON of which tickets: tag, view, channel and times."
    ),
    Column("tickets", Integer, nullable=False, doc="How many were chosen."),
    Column("strangers", Integer, nullable=False, doc="How many of them nobody known had sent."),
    Column("people", Integer, nullable=False, doc="How many sent the others."),
    Column("unit", Text, nullable=False, doc="`points` or `credits`."),
    Column(
        "amount", BigInteger, nullable=False, doc="For each: points, or hundredths of a credit."
    ),
    Column("run_id", Text, doc="The run that asks in Airflow. NULL: asked for on the desk."),
    Index("incidents_by_name", "store", "incident"),
    **CLUSTERED,
)

incident_people = staging_table(
    "incident_people",
    about(
        "One per customer behind the tickets of an incident's batch.",
        "Erasing takes a row out, so there may be fewer than `incidents.people` says.",
    ),
    Column("store", Text, primary_key=True),
    Column("batch_id", Text, primary_key=True, doc="The batch, in `incidents`."),
    Column("customer_id", BigInteger, primary_key=True),
    Column("ticket_id", BigInteger, nullable=False, doc="The newest of the tickets."),
    Column("tickets", Integer, nullable=False, doc="How many of the tickets are this customer's."),
    Column(
        "fate",
        Text,
        nullable=False,
        doc="`award`, `same_member`, `not_a_member`, `unclear`, `excluded`, `gone`, `not_read`, "
        "`already` or `over_limit`; see [Incidents](incidents.md).",
    ),
    Column("detail", Text, doc="Why it is that. NULL: nothing to say."),
    Column("award_id", Text, doc="The award, in `awards`. NULL: none was asked for."),
    **CLUSTERED,
)
