"""The sections of a store's settings: each a model with defaults, limits and what they do."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, field_validator

from loyalty_desk.classes import check_open
from loyalty_desk.clock import is_time_zone
from loyalty_desk.settings.strict import Strict

Share = Annotated[float, Field(ge=0, le=1)]
MOST_SET_ASIDE: Final = 10_000
"""So many rows a gate can name one by one."""


def check_cron(schedule: str | None) -> str | None:
    from croniter import croniter  # noqa: PLC0415 - only where a file is read

    if schedule is not None and not croniter.is_valid(schedule):
        raise ValueError("must be a cron expression such as '*/30 * * * *', or null")
    return schedule


def check_time_zone(name: str | None) -> str | None:
    if name is not None and not is_time_zone(name):
        raise ValueError("must be a time zone by its IANA name, such as 'Europe/Oslo', or 'UTC'")
    return name


class BudgetSettings(Strict):
    """How much of the Gorgias request budget this store may use."""

    share: Share = Field(
        default=0.6, gt=0, description="Part of the account's request rate that we may use."
    )
    window_s: float = Field(
        default=20.0, gt=0, description="Seconds of the rate window: 20, or 10 for Enterprise."
    )
    capacity: int = Field(
        default=40,
        ge=5,
        description="Requests per window until the first answer's header tells the real number.",
    )
    headroom: int = Field(
        default=2, ge=0, description="Requests of the bucket that we never fill, for other tools."
    )
    reserve: int = Field(
        default=3,
        ge=0,
        description="Requests that a sync leaves free, so that an award is shown at once.",
    )


class BrakeSettings(Strict):
    """Limits that stop a run before its first write."""

    max_changes: int = Field(
        default=100_000, ge=0, description="Largest number of changes that one run may push."
    )
    max_change_share: Share = Field(
        default=0.5,
        description="Largest share of the pushed cards that may change at once.",
    )
    max_clear_share: Share = Field(
        default=0.1, description="Largest share of members' cards that may be cleared at once."
    )
    max_shrink_share: Share = Field(
        default=0.2, description="Largest share by which a full extract may shrink between runs."
    )
    min_read_share: Share = Field(
        default=0.5,
        description="Smallest share of the known members or customers that a full read must hold,"
        " in a store of any size; reading none at all always stops the run.",
    )
    max_thousandfold_share: Share = Field(
        default=0.5,
        description="Largest share of the balances of a thousand and more in a member file that may"
        " change a thousand-fold, beyond a handful: mostly a decimal or grouping sign misread.",
    )
    min_cards: int = Field(
        default=50, ge=0, description="Below this number of rows the other shares are not applied."
    )


class ExtractSettings(Strict):
    """What is read, and how often in full."""

    overlap_minutes: int = Field(
        default=5, ge=0, description="How far an incremental read goes back behind its watermark."
    )
    full_scan_days: int = Field(
        default=7, ge=1, description="Days after which customers are read in full again."
    )
    recent_ticket_days: int = Field(
        default=30, ge=1, description="A ticket updated within these days counts as recent."
    )
    max_channel_lookups: int = Field(
        default=200,
        ge=0,
        description="Customers per run whose further e-mail addresses are looked up.",
    )
    max_rejected_share: Share = Field(
        default=0.05,
        description="Share of rows at fault in one extract, or at one gate of checks, that stops"
        " the run.",
    )
    max_rejected: int = Field(
        default=5_000,
        ge=0,
        le=MOST_SET_ASIDE,
        description="So many rows at fault are set aside one by one; more stop the run, whatever"
        " their share.",
    )
    always_set_aside: int = Field(
        default=10,
        ge=0,
        description="So few rows at fault never stop a run, whatever their share.",
    )
    platform_requests_per_s: float | None = Field(
        default=None,
        gt=0,
        description="Requests per second, a process, to the platform; null: a little less than it"
        " allows.",
    )

    def limit_exceeded(self, at_fault: int, rows: int) -> str | None:
        """The limit that so many rows at fault exceed, by its name and value; None for none."""
        if at_fault > self.max_rejected:
            return f"extract.max_rejected = {self.max_rejected}"
        if at_fault > max(self.always_set_aside, self.max_rejected_share * rows):
            return f"extract.max_rejected_share = {self.max_rejected_share:g}"
        return None


class GorgiasSettings(Strict):
    """Where cards land in Gorgias. What Gorgias does not document is a setting here."""

    card_key: str = Field(
        default="loyalty",
        min_length=1,
        max_length=60,
        description="Key of the card inside the customer's data.",
    )
    app_id: str | None = Field(
        default=None,
        description="Id of the OAuth2 app; its data is read back from `external_data[app_id]`.",
    )
    widget_reads: Literal["place", "integration"] = Field(
        default="place",
        description="What the widgets show: `place`, where cards stand and macros look too, or"
        " `integration`, what the HTTP integration last fetched, where they cannot read that.",
    )
    ask_again_share: Share = Field(
        default=0.1,
        description="Part of our budget for having Gorgias ask again for changed cards of open"
        " tickets, by a tag put on and off, where widgets show what it fetched; 0: never.",
    )
    macro_card_path: str = Field(
        default="",
        pattern=r"^([A-Za-z_][\w\[\]-]*(\.[\w\[\]-]+)*)?$",
        description="Where macros find the card, such as `ticket.customer.data.loyalty`, as the"
        " macro editor lists it; empty: in the customer's data, or the app's with an `app_id`.",
    )
    send_version: bool = Field(
        default=True, description="Send a rising `version`, so that a late write never wins."
    )
    custom_fields: tuple[str, ...] = Field(
        default=("points_balance", "tier", "status", "member"),
        description="Keys of the card that become customer fields (for `custom_fields`); an account"
        " may allow as few as four.",
    )
    field_label_prefix: str = Field(
        default="Loyalty",
        max_length=60,
        description="What the programme is called: the widget's title, and the first word of the"
        " customer fields' labels.",
    )
    field_labels: dict[str, Annotated[str, Field(min_length=1, max_length=255)]] = Field(
        default={},
        description="Whole labels of customer fields by key of the card, as in your language:"
        " `{points_balance: Punkte}`.",
    )
    clear_field_with: Literal["null", "delete"] = Field(
        default="null",
        description="How a field is emptied: null in the bulk write, or DELETE.",
    )
    field_writes: Literal["replace", "merge"] = Field(
        default="replace",
        description="Whether the bulk write of a customer's fields clears those that it leaves out,"
        " so that other tools' values are read and sent along, or leaves them as they are.",
    )
    field_value_body: Literal["raw", "object", "none"] = Field(
        default="raw",
        description="How the write of one field spells its value: bare, or with the field's id;"
        " none: it is not used.",
    )
    field_edits_leave_events: bool = Field(
        default=False,
        description="Whether an edit of a customer's fields leaves an event in Gorgias: then the"
        " report says whose fields were edited between a read and a write of ours.",
    )


class LookupSettings(Strict):
    """Cards that Gorgias pulls when something happens on a ticket."""

    deadline_s: float = Field(
        default=1.5,
        ge=0,
        le=4,
        description="Seconds that a lookup waits for the platform before it answers with what is"
        " known; 0 never asks the platform.",
    )
    requests_per_s: float = Field(
        default=3.0,
        gt=0,
        description="Lookups per second, a process, that ask the platform, beside a sync.",
    )
    activity: bool = Field(
        default=False,
        description="Whether a lookup also has a member's last movements read, and said on the card"
        " as `activity_text`: one request more where the card is another than it was, or half a day"
        " has passed.",
    )


class MismatchSettings(Strict):
    """Customers without a member, and who they may be."""

    min_score: Share = Field(
        default=0.75, description="How sure a suggestion has to be, from 0 to 1, to be shown."
    )


class NotifierSettings(Strict):
    """One Airflow notifier of any provider."""

    notifier: Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*\.[A-Z]\w*$")] = Field(
        description="The notifier's class, with its module."
    )
    arguments: dict[str, Any] = Field(
        default={},
        description="What it is made with; `{{ alert.subject }}` and `{{ alert.text }}` are ours.",
    )


ToLookAt = Annotated[str, AfterValidator(check_open)]


class ReportSettings(Strict):
    """The report that support managers get, and when they are alerted."""

    email_to: tuple[str, ...] = Field(
        default=(), description="Addresses that get it, by the connection of `alerts`."
    )
    schedule: str | None = Field(
        default="0 7 * * 1-5",
        description="Cron expression of when it is sent, by the store's `time_zone`, or null.",
    )
    only_when_changed: bool = Field(
        default=True, description="Leave it out when nothing changed since the last one."
    )
    max_mail_mb: float = Field(
        default=8.0,
        ge=0.2,
        le=1_000,
        description="Megabytes of a whole mail as it is sent; what does not fit is on the desk.",
    )
    notifiers: tuple[NotifierSettings, ...] = Field(
        default=(),
        description="Further Airflow notifiers that get it as text, as in `alerts.notifiers`.",
    )
    alert_above: dict[ToLookAt, Annotated[int, Field(ge=0)]] = Field(
        default={},
        description="Alert once when more of a class are open, and once when that is over, such as"
        " `{customer_not_found: 100}`.",
    )
    alert_data_older_than_hours: float | None = Field(
        default=None, gt=0, description="Alert once when the last whole run is older; null: never."
    )
    _schedule_is_cron = field_validator("schedule")(check_cron)


class DeskSettings(Strict):
    """The pages for support managers and agents."""

    mask_emails: bool = Field(
        default=True,
        description="Show e-mail addresses masked to whoever may only look: not settle mismatches,"
        " award or approve.",
    )


Days = Annotated[int, Field(ge=1, le=36_500)]


class RetentionSettings(Strict):
    """How long what is not needed any more is kept."""

    schedule: str | None = Field(
        default="30 3 * * *", description="Cron expression of the housekeeping, or null."
    )
    run_days: Days = Field(
        default=90,
        description="Days that a run's record, checks and report are kept, and who was told what.",
    )
    settled_mismatch_days: Days = Field(
        default=365, description="Days that a mismatch is remembered after it was settled."
    )
    decision_days: Days = Field(
        default=730, description="Days that is remembered who decided what about a mismatch."
    )
    award_days: Days = Field(
        default=730,
        description="Days after its end that an award is made anonymous: who awarded how much, when"
        " and why stays, for whom does not.",
    )
    card_history_days: Days = Field(
        default=90,
        description="Days that is remembered what was written to customers' cards, and what for.",
    )
    routed_ticket_days: Days = Field(
        default=365,
        description="Days that is remembered what routing set on a ticket, so that what a person"
        " changed there stays.",
    )
    liability_days: Days = Field(
        default=730, description="Days that is remembered what the points of all members came to."
    )
    _schedule_is_cron = field_validator("schedule")(check_cron)


class RefreshSettings(Strict):
    """Cards that are shown at once when the platform tells of a change."""

    minutes: float = Field(
        default=10.0, gt=0, description="Time box of one run; what is left starts another."
    )


class AlertSettings(Strict):
    """Who hears of what needs a person."""

    sync_late_after_minutes: float | None = Field(
        default=None,
        gt=0,
        description="Minutes after a sync was due at which an alert says that it has not ended;"
        " null: never.",
    )
    email_to: tuple[str, ...] = Field(
        default=(), description="Addresses that get a mail, by an Airflow SMTP connection."
    )
    email_from: str | None = Field(
        default=None, description="Its sender; empty: the connection's `from_email`."
    )
    smtp_conn_id: str = Field(
        default="smtp_default", description="The Airflow connection of the mail server."
    )
    notifiers: tuple[NotifierSettings, ...] = Field(
        default=(),
        description="Further Airflow notifiers: each `notifier` (a class) with `arguments`, in"
        " which `{{ alert.subject }}` and `{{ alert.text }}` stand for the message.",
    )
