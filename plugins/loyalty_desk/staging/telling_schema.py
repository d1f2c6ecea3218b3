"""Who was told what, place by place, and which alerts are still owed to somebody."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Text

from loyalty_desk.staging.metadata import CLUSTERED, about, staging_table

tellings = staging_table(
    "tellings",
    about(
        "One per place and thing that it is told of.",
        "A place is an address or a notifier of the settings; no address is in here.",
        "One with `tries` is owed the thing, and could not be told it yet.",
        "An empty `place` is what everybody was told before places were kept apart; it is there"
        " until each of the places has it.",
    ),
    Column("store", Text, primary_key=True),
    Column(
        "place",
        Text,
        primary_key=True,
        doc="Its list in the settings and a hash of what stands there.",
    ),
    Column(
        "thing", Text, primary_key=True, doc="`report`, `thresholds`, or the id of an owed alert."
    ),
    Column(
        "content",
        Text,
        doc="JSON of what it was told last: of a report when and by which run, of thresholds which "
        "ones are crossed. NULL: nothing, or an alert.",
    ),
    Column(
        "told_at_utc",
        Text,
        doc="When it was told, or last found to be told what is so. NULL: not yet.",
    ),
    Column("claimed_by", Text, doc="Who tells it now. NULL: nobody does."),
    Column("claimed_until_utc", Text, doc="Until when it is left to that one. NULL: to nobody."),
    Column("tries", Integer, nullable=False, doc="How often in a row it could not be told."),
    Column("failing_since_utc", Text, doc="Since when it cannot be told. NULL: it can."),
    Column(
        "next_try_utc",
        Text,
        doc="When it is tried again, at the earliest. NULL: it is owed nothing.",
    ),
    Column(
        "error", Text, doc="The kind of what went wrong last, without an address. NULL: nothing."
    ),
    **CLUSTERED,
)

owed_alerts = staging_table(
    "owed_alerts",
    about(
        "One per alert that every place of `alerts` is told once.",
        "What it says is not kept: it is written anew, from how things stand when it is told.",
    ),
    Column("store", Text, primary_key=True),
    Column("alert_id", Text, primary_key=True, doc="Its kind and a word that no other has."),
    Column("kind", Text, nullable=False, doc="`awards` or `late`."),
    Column("content", Text, nullable=False, doc="JSON: ids of awards, or the run that is late."),
    Column("made_at_utc", Text, nullable=False),
    Column("closed_at_utc", Text, doc="When every place had it, or it was over. NULL: not yet."),
    **CLUSTERED,
)
