"""What each run of a store did: its record, its lock, how far its reads are, what was set aside."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Integer, Text

from loyalty_desk.staging.metadata import CLUSTERED, about, staging_table

runs = staging_table(
    "runs",
    about(
        "One per run of a store's sync.",
        "A `running` one may be dead; whether it is alive shows in `locks`.",
    ),
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("state", Text, nullable=False, doc="`running`, `succeeded`, `failed` or `abandoned`."),
    Column("params", Text, nullable=False, doc="What it was started with, as JSON."),
    Column("started_at_utc", Text, nullable=False),
    Column("ended_at_utc", Text),
    Column("failure", Text, doc="The first failed stage, a colon and why. NULL: none failed."),
    Column("report_path", Text, doc="The file of its report. NULL: none, or none any more."),
)

run_counters = staging_table(
    "run_counters",
    about(
        "One per counter of a run.",
        "One that nobody wrote is missing and counts as 0: its stage did not come to an end.",
    ),
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column(
        "name",
        Text,
        primary_key=True,
        doc="A field of `RunRecord` in `staging/run_record.py`, which says what it counts.",
    ),
    Column("value", Float, nullable=False, doc="How many, or seconds where `name` is `seconds_…`."),
    **CLUSTERED,
)

locks = staging_table(
    "locks",
    about(
        "One per store that somebody works on: a run, or who erases a person.",
        "A row whose time is over holds nobody up; who takes it over abandons its run.",
    ),
    Column("store", Text, primary_key=True),
    Column(
        "run_id",
        Text,
        nullable=False,
        doc="The run that holds it, or `erase__<id>` or `disconnect__<id>`.",
    ),
    Column(
        "expires_at_utc",
        Text,
        nullable=False,
        doc="Until when nobody else may; every stage and page renews it (`lock_minutes`).",
    ),
)

lock_turns = staging_table(
    "lock_turns",
    about(
        "One per store for which somebody waits who must not meet a sync: no run begins before.",
        "A row whose time is over holds nobody up.",
    ),
    Column("store", Text, primary_key=True),
    Column("run_id", Text, nullable=False, doc="`erase__<id>` or `disconnect__<id>`."),
    Column("since_utc", Text, nullable=False, doc="Since when it waits."),
    Column("expires_at_utc", Text, nullable=False, doc="Until when it is waited for."),
)

watermarks = staging_table(
    "watermarks",
    about(
        "One per store and source: where its next read resumes.",
        "Airflow's data interval tells nothing here: that of a cron schedule is empty.",
        "Without a row the next read of the source is a full one.",
    ),
    Column("store", Text, primary_key=True),
    Column(
        "source",
        Text,
        primary_key=True,
        doc="`members`, `customers`, `tickets`, `customer_merges` (in Gorgias), "
        "or `reconcile` for match and plan.",
    ),
    Column(
        "since",
        Text,
        doc="The newest update that the last whole read saw, as a time in UTC; for members when "
        "that read began. Never later than `extract.overlap_minutes` before that. NULL: there was "
        "none.",
    ),
    Column(
        "full_scan_at_utc",
        Text,
        doc="When the last full read, or match and plan of everybody, began. NULL: never.",
    ),
)

scan_seen = staging_table(
    "scan_seen",
    about(
        "One per id that an unfinished full read has seen.",
        "Empty between full reads. What is staged and not here at the end of one is gone.",
        "Ids of rows that could not be used are here too, or they would count as gone.",
    ),
    Column("store", Text, primary_key=True),
    Column("source", Text, primary_key=True, doc="`members` or `customers`."),
    Column("subject_id", Text, primary_key=True),
    **CLUSTERED,
)

rejected_records = staging_table(
    "rejected_records",
    about(
        "One per row that a read could not use, or member file that was not read.",
        "No personal data: the id or the file's name, the field, the reason.",
    ),
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column(
        "source",
        Text,
        primary_key=True,
        doc="`members`, `customers`, `tickets`, `member_lookups` or `member_files`.",
    ),
    Column("position", Integer, primary_key=True, doc="Its number in that read, from 0."),
    Column("record_id", Text, doc="The row's id, as text. NULL: unreadable, or erased since."),
    Column("field", Text, nullable=False, doc="The field that cannot be used."),
    Column("reason", Text, nullable=False, doc="What is wrong with it; never its value."),
)

set_aside = staging_table(
    "set_aside",
    about(
        "One per member or customer whose row is at fault: the card stays as it was, and is stale.",
        "What a read found goes with the next good row; what a check found, when it runs again.",
    ),
    Column("store", Text, primary_key=True),
    Column("side", Text, primary_key=True),
    Column("subject_id", Text, primary_key=True),
    Column(
        "found_by",
        Text,
        primary_key=True,
        doc="`read`, or the step whose check found it: `members`, `customers`, `match`, `plan` or "
        "`push`. Those of the last two are planned again by the next run.",
    ),
    Column("reason", Text, nullable=False, doc="The field or check, and what is wrong; no value."),
    Column("email_key", Text, doc="The address of a member whose row tells one, else NULL."),
    Column("since_utc", Text, nullable=False),
    **CLUSTERED,
)

quality_results = staging_table(
    "quality_results",
    about(
        "One per expectation of a run's step.",
        "`failing_ids` is not the whole list; `failing_count` counts to 100,000 at most.",
    ),
    Column("store", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column(
        "step",
        Text,
        primary_key=True,
        doc="After which it was checked: `members`, `customers`, `match`, `plan` or `push`.",
    ),
    Column(
        "expectation",
        Text,
        primary_key=True,
        doc="Its name, in `quality/suites.py` or a file of your own.",
    ),
    Column(
        "severity",
        Text,
        nullable=False,
        doc="`row` sets the rows at fault aside, `critical` stops the run, `warning` is reported.",
    ),
    Column("passed", Boolean, nullable=False, doc="Whether it held."),
    Column(
        "failing_count",
        BigInteger,
        nullable=False,
        doc="Rows at fault; some although it passed, where a share is allowed.",
    ),
    Column(
        "failing_ids",
        Text,
        nullable=False,
        doc="The first 50 ids, a JSON list; may be e-mail addresses.",
    ),
    Column("checked_at_utc", Text, nullable=False),
    Column("says", Text, doc="What must hold, as a sentence; NULL in rows of before it was kept."),
)
