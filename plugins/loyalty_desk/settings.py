"""Everything tunable: the installation (environment) and each store (`include/stores.yaml`).

A mistake in one store names the store, the key and what is allowed; the other stores still load.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from loyalty_desk.errors import SettingsError
from loyalty_desk.records import Destination

PROJECT_ROOT = Path(__file__).resolve().parents[2]
STORE_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

Share = Annotated[float, Field(ge=0, le=1)]


class Installation(BaseSettings):
    """Settings of the whole installation; each is an environment variable `LOYALTY_DESK_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="LOYALTY_DESK_", extra="ignore")

    var_dir: Path = Field(
        default=PROJECT_ROOT / "var", description="Where reports, Data Docs and SQLite files go."
    )
    staging_url: str = Field(
        default="",
        description="SQLAlchemy URL of the staging database; empty means SQLite under `var_dir`.",
    )
    stores_file: Path = Field(
        default=PROJECT_ROOT / "include" / "stores.yaml", description="The file that lists stores."
    )
    speed: float = Field(
        default=1.0,
        gt=0,
        description="Divides every wait and rate window; above 1 only against the sandbox.",
    )

    data_docs: bool = Field(
        default=True, description="Write Great Expectations' Data Docs after every check."
    )

    def resolved_staging_url(self) -> str:
        return self.staging_url or f"sqlite:///{self.var_dir / 'staging' / 'loyalty_desk.db'}"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _check_cron(schedule: str | None) -> str | None:
    from croniter import croniter  # noqa: PLC0415 - only where a file is read

    if schedule is not None and not croniter.is_valid(schedule):
        raise ValueError("must be a cron expression such as '*/30 * * * *', or null")
    return schedule


class BudgetSettings(_Strict):
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


class BrakeSettings(_Strict):
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
    min_cards: int = Field(
        default=50, ge=0, description="Below this number of rows the shares are not applied."
    )


class ExtractSettings(_Strict):
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
        default=0.05, description="Share of unusable rows in one extract that stops the run."
    )
    rivo_requests_per_s: float = Field(
        default=12.0, gt=0, description="Requests per second to Rivo (its limit is 15)."
    )


class PushSettings(_Strict):
    """How cards are written."""

    minutes: float = Field(
        default=45.0, gt=0, description="Time box of the push; what is left waits for the next run."
    )
    workers: int = Field(default=4, ge=1, le=32, description="Requests under way at once.")
    readback_sample: int = Field(
        default=20, ge=0, description="Customers read back after the push to check what arrived."
    )
    protect_other_keys: Literal["known", "always"] = Field(
        default="known",
        description="Read a customer before writing when it is known to hold other tools' data, "
        "or always (one more request per write).",
    )


class GorgiasSettings(_Strict):
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
    send_version: bool = Field(
        default=True, description="Send a rising `version`, so that a late write never wins."
    )
    custom_fields: tuple[str, ...] = Field(
        default=("points_balance", "tier", "status", "credits_balance", "referral_url", "summary"),
        description="Keys of the card that become customer fields (for `custom_fields`).",
    )
    field_label_prefix: str = Field(
        default="Loyalty", max_length=60, description="First word of the customer fields' labels."
    )
    clear_field_with: Literal["null", "delete"] = Field(
        default="null",
        description="How a field is emptied: null in the bulk write, or DELETE.",
    )


class AwardSettings(_Strict):
    """What may be awarded by hand."""

    max_points_per_award: int = Field(
        default=1_000, ge=0, le=999_999_999, description="Largest award of points."
    )
    max_credits_per_award: int = Field(
        default=50, ge=0, le=999_999_999, description="Largest award of credits."
    )
    max_points_per_agent_per_day: int = Field(
        default=10_000, ge=0, description="Points an agent may award a day (UTC), plus and minus."
    )
    max_credits_per_agent_per_day: int = Field(
        default=500, ge=0, description="Credits an agent may award a day (UTC), plus and minus."
    )
    max_points_per_member_per_day: int = Field(
        default=2_000, ge=0, description="Points a member may be awarded a day, plus and minus."
    )
    max_credits_per_member_per_day: int = Field(
        default=100, ge=0, description="Credits a member may be awarded a day, plus and minus."
    )
    allow_negative: bool = Field(
        default=True, description="Whether points or credits may be taken away by hand."
    )
    allow_guests: bool = Field(
        default=True, description="Whether guests (points without having joined) may be awarded."
    )
    allow_excluded: bool = Field(
        default=False, description="Whether members excluded from the programme may be awarded."
    )
    reasons: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = Field(
        default=("gesture", "correction", "late_delivery", "damaged_item", "other"),
        min_length=1,
        description="The reasons to choose from.",
    )
    schedule: str | None = Field(
        default="*/10 * * * *",
        description="Cron expression of the run that applies what is left over, or null.",
    )
    _schedule_is_cron = field_validator("schedule")(_check_cron)
    same_award_minutes: float = Field(
        default=2.0,
        ge=0,
        description="Without a key: how long the same agent, ticket, amount and unit for the same "
        "person count as a double click.",
    )
    visible_after_s: float = Field(
        default=120.0,
        ge=60,
        description="Seconds after which a booking surely shows in the platform's ledger, also one "
        "whose answer was lost. An award is never sent again before.",
    )
    give_up_hours: float = Field(
        default=24.0,
        gt=0,
        description="Hours after which an award that nobody can tell of is left to a person.",
    )


class StoreSettings(_Strict):
    """One merchant: one loyalty account and one Gorgias account."""

    name: str = Field(exclude=True, description="The key in the file; not written by hand.")
    platform: Literal["rivo"] = Field(description="The loyalty platform.")
    platform_conn_id: str = Field(
        default="", description="Airflow connection of the platform; empty: `<platform>_<store>`."
    )
    gorgias_conn_id: str = Field(
        default="", description="Airflow connection of Gorgias; empty: `gorgias_<store>`."
    )
    schedule: str | None = Field(
        default="*/30 * * * *", description="Cron expression of the sync, or null for by hand only."
    )
    push_to: tuple[Destination, ...] = Field(
        default=(Destination.CUSTOMER_DATA,),
        min_length=1,
        description="Where cards go: `customer_data`, `custom_fields`, or both.",
    )
    non_member_cards: Literal["recent_tickets", "all", "none"] = Field(
        default="recent_tickets",
        description="Which customers without a member get a card that says so.",
    )
    include_guests: bool = Field(
        default=True, description="Whether guests (points without having joined) count as members."
    )
    lock_minutes: float = Field(
        default=10.0, gt=0, description="How long a silent run keeps the store locked."
    )
    extract: ExtractSettings = ExtractSettings()
    brake: BrakeSettings = BrakeSettings()
    push: PushSettings = PushSettings()
    budget: BudgetSettings = BudgetSettings()
    gorgias: GorgiasSettings = GorgiasSettings()
    awards: AwardSettings = AwardSettings()

    _schedule_is_cron = field_validator("schedule")(_check_cron)

    @model_validator(mode="before")
    @classmethod
    def _default_connections(cls, values: dict[str, Any]) -> dict[str, Any]:
        name = values.get("name", "")
        return {
            **values,
            "platform_conn_id": values.get("platform_conn_id")
            or f"{values.get('platform', '')}_{name}",
            "gorgias_conn_id": values.get("gorgias_conn_id") or f"gorgias_{name}",
        }


@dataclass(frozen=True, slots=True)
class StoresFile:
    """What a stores file says: the stores that are right, and one line for each mistake."""

    stores: dict[str, StoreSettings]
    problems: dict[str, str]
    """By store (or "" for the file as a whole): what is wrong and what is allowed."""

    def get(self, name: str) -> StoreSettings:
        """Return one store's settings; raises SettingsError naming what is wrong with it."""
        if name in self.stores:
            return self.stores[name]
        if name in self.problems:
            raise SettingsError(self.problems[name])
        if "" in self.problems:
            raise SettingsError(self.problems[""])
        raise SettingsError(f"no store {name!r}; the stores file has: {', '.join(self.stores)}")


def read_stores(path: Path) -> StoresFile:
    """Read the stores file. Never raises for a mistake in it: each is in `problems`."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        return StoresFile({}, {"": f"cannot read {path}: {error.strerror}"})
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f" in line {place.line + 1}" if place else ""
        return StoresFile({}, {"": f"{path} is not valid YAML{line}"})
    entries = content.get("stores") if isinstance(content, dict) else None
    if not isinstance(entries, dict) or set(content) != {"stores"}:
        return StoresFile({}, {"": f"{path} must hold one key, `stores`, with one entry a store"})
    stores: dict[str, StoreSettings] = {}
    problems: dict[str, str] = {}
    for raw_name, values in entries.items():
        name = str(raw_name)
        if not STORE_NAME.fullmatch(name):
            problems[name] = (
                f"store {name!r}: a name is a lower-case letter, then letters, digits or _ (40)"
            )
            continue
        try:
            stores[name] = StoreSettings.model_validate({**(values or {}), "name": name})
        except ValidationError as error:
            problems[name] = _explain(name, error)
        except TypeError:
            problems[name] = f"store {name!r}: its settings must be `key: value` lines"
    return StoresFile(stores, problems)


def _explain(name: str, error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        key = ".".join(str(part) for part in problem["loc"]) or "(store)"
        if problem["type"] == "extra_forbidden":
            allowed = _allowed_keys(problem["loc"][:-1])
            lines.append(f"{key}: no such key; allowed are {', '.join(allowed)}")
        else:
            lines.append(f"{key}: {problem['msg']}")
    return f"store {name!r}: " + "; ".join(lines)


def _allowed_keys(section: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = StoreSettings
    for part in section:
        annotation = model.model_fields[str(part)].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    return [key for key in model.model_fields if key != "name"]


@cache
def installation() -> Installation:
    """The installation's settings, read from the environment once per process."""
    return Installation()


def stores_file() -> StoresFile:
    return read_stores(installation().stores_file)
