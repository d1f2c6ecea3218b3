"""Everything tunable: the installation (environment) and each store (`include/stores.yaml`).

A mistake in one store names the store, the key and what is allowed; the other stores still load.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from time import time
from typing import Any, Final, Literal

import pydantic_settings
from pydantic import (
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from loyalty_desk.errors import SettingsError
from loyalty_desk.records import Destination, MemberStatus
from loyalty_desk.settings.award_settings import AwardSettings
from loyalty_desk.settings.currencies import check_currency
from loyalty_desk.settings.goodwill_settings import GoodwillSettings
from loyalty_desk.settings.member_settings import MemberFileSettings, MemberLookupSettings
from loyalty_desk.settings.mistakes import explain_mistakes, no_such_key, shown
from loyalty_desk.settings.project import PROJECT_ROOT, SHIPPED
from loyalty_desk.settings.push_settings import PushSettings
from loyalty_desk.settings.queues import QueuesSettings
from loyalty_desk.settings.routing_settings import RoutingSettings
from loyalty_desk.settings.sections import (
    AlertSettings,
    BrakeSettings,
    BudgetSettings,
    DeskSettings,
    ExtractSettings,
    GorgiasSettings,
    LookupSettings,
    MismatchSettings,
    RefreshSettings,
    ReportSettings,
    RetentionSettings,
    check_cron,
    check_time_zone,
)
from loyalty_desk.settings.strict import Strict
from loyalty_desk.settings.text_settings import TextSettings
from loyalty_desk.settings.var_dir import VarDir
from loyalty_desk.settings.yaml_files import YamlFileError, load_entries

OWN_PLATFORMS: Final[Mapping[str, str]] = {
    "rivo": "loyalty_desk.platforms.rivo:RivoPlatform",
    "trifft": "loyalty_desk.platforms.trifft:TrifftPlatform",
    "smile": "loyalty_desk.platforms.smile:SmilePlatform",
    "loyaltylion": "loyalty_desk.platforms.loyaltylion:LoyaltyLionPlatform",
}
"""Where each platform's class is, by its name in stores.yaml. Nothing is imported before use."""

QUEUES: Final = ("queues", "lanes")
"""The key of the queues and their pools, and its name in files of before."""

SETTLED_S: Final = 2.0
"""A younger file is read each time: a second change within a clock's tick would not show."""

STORE_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
PREFIX = "LOYALTY_DESK_"


class Installation(BaseSettings):
    """Settings of the whole installation; each is an environment variable `LOYALTY_DESK_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    var_dir: VarDir = Field(
        default=PROJECT_ROOT / "var",
        description="Where reports, Data Docs, the journal and SQLite files go: a folder, or an"
        " object store such as `s3://aws_default@bucket/folder`, which then needs a `staging_url`.",
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

    macros_dir: Path = Field(
        default=SHIPPED / "macros",
        description="The folder of macros that connect makes.",
    )
    expectations_dir: Path = Field(
        default=PROJECT_ROOT / "include" / "expectations",
        description="The folder of your own Great Expectations, a file a step.",
    )
    public_url: str = Field(
        default="",
        description="Where Gorgias reaches this Airflow, or the API apart from it, `https://…`;"
        " empty: Airflow's `[api] base_url`.",
    )
    platforms: dict[str, str] = Field(
        default={},
        description="Platforms of your own as JSON, each name with `module:Class`.",
    )
    metrics_schedule: str | None = Field(
        default="* * * * *",
        description="Cron expression of when the stores are measured, where Airflow's metrics are"
        " on, or null.",
    )
    data_docs: bool = Field(
        default=True, description="Write Great Expectations' Data Docs after every check."
    )

    run_notes: bool = Field(
        default=True,
        description="Have the scheduler write a sync's numbers into the note of its run.",
    )

    _schedule_is_cron = field_validator("metrics_schedule")(check_cron)

    def resolved_staging_url(self) -> str:
        """The staging database; raises SettingsError where nothing says which."""
        if self.staging_url:
            return self.staging_url
        if isinstance(self.var_dir, str):
            raise SettingsError(
                "LOYALTY_DESK_STAGING_URL must be set: without it staging is a SQLite file in"
                f" LOYALTY_DESK_VAR_DIR, which is the object store {self.var_dir}"
            )
        return f"sqlite:///{self.var_dir / 'staging' / 'loyalty_desk.db'}"


class StoreSettings(Strict):
    """One merchant: one loyalty account and one Gorgias account."""

    name: str = Field(exclude=True, description="The key in the file; not written by hand.")
    platform: str = Field(description=f"The loyalty platform: {', '.join(OWN_PLATFORMS)}.")
    platform_conn_id: str = Field(
        default="", description="Airflow connection of the platform; empty: `<platform>_<store>`."
    )
    gorgias_conn_id: str = Field(
        default="", description="Airflow connection of Gorgias; empty: `gorgias_<store>`."
    )
    schedule: str | None = Field(
        default="*/30 * * * *", description="Cron expression of the sync, or null for by hand only."
    )
    time_zone: str | None = Field(
        default=None,
        description="Time zone of every schedule of the store, such as `Europe/Oslo`: hours stay as"
        " they are when clocks are changed. Without: the Gorgias account's, and UTC until it is"
        " known.",
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
    currency: str | None = Field(
        default=None,
        description="The shop's currency, such as `EUR`: store credit is rounded to its digits, and"
        " to two without.",
    )
    lock_minutes: float = Field(
        default=10.0, gt=0, description="How long a silent run keeps the store locked."
    )
    turn_minutes: float = Field(
        default=30.0,
        gt=0,
        description="How long an erasure or a disconnect waits for a sync, and a sync for them.",
    )
    extract: ExtractSettings = ExtractSettings()
    brake: BrakeSettings = BrakeSettings()
    push: PushSettings = PushSettings()
    budget: BudgetSettings = BudgetSettings()
    gorgias: GorgiasSettings = GorgiasSettings()
    awards: AwardSettings = AwardSettings()
    goodwill: GoodwillSettings = GoodwillSettings()
    alerts: AlertSettings = AlertSettings()
    refresh: RefreshSettings = RefreshSettings()
    desk: DeskSettings = DeskSettings()
    retention: RetentionSettings = RetentionSettings()
    texts: TextSettings = TextSettings()
    lookup: LookupSettings = LookupSettings()
    member_files: MemberFileSettings = MemberFileSettings()
    member_lookups: MemberLookupSettings = MemberLookupSettings()
    mismatches: MismatchSettings = MismatchSettings()
    reports: ReportSettings = ReportSettings()
    routing: RoutingSettings = RoutingSettings()

    _schedule_is_cron = field_validator("schedule")(check_cron)
    _time_zone_is_known = field_validator("time_zone")(check_time_zone)
    _currency_is_known = field_validator("currency")(check_currency)

    @property
    def guest_status(self) -> MemberStatus:
        """The status that counts as a member's beside `member`, for statements that bind it."""
        return MemberStatus.GUEST if self.include_guests else MemberStatus.MEMBER

    @property
    def widgets_read_place(self) -> bool:
        """Whether widgets show what stands where we write cards; fields alone cannot be shown."""
        reads_place = self.gorgias.widget_reads == "place"
        return reads_place and Destination.CUSTOMER_DATA in self.push_to

    @property
    def leaves_ticket_notes(self) -> bool:
        """Whether an award is noted on its ticket, where a person did not say."""
        wanted = self.awards.ticket_note
        return not self.widgets_read_place if wanted is None else wanted

    @property
    def routing_tag(self) -> str:
        """The tag that routing puts on tickets; another one in each store."""
        return self.routing.tag or f"vip-{self.name}"

    @field_validator("platform")
    @classmethod
    def _is_known(cls, platform: str) -> str:
        if platform not in known_platforms():
            raise ValueError(f"must be one of {', '.join(known_platforms())}")
        return platform

    @field_validator("texts")
    @classmethod
    def _money_has_a_sign(cls, texts: TextSettings, told: ValidationInfo) -> TextSettings:
        if texts.credits_as_money and told.data.get("currency") is None:
            raise ValueError("credits_as_money needs `currency` beside it")
        return texts

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
    queues: QueuesSettings = field(default_factory=QueuesSettings)

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
        content, unreadable = load_entries(path, "stores")
    except YamlFileError as error:
        return StoresFile({}, {"": str(error)})
    if wrong := _wrong_as_a_whole(content):
        return StoresFile({}, {"": f"{path}{wrong}"})
    entries = content["stores"]
    given = [key for key in QUEUES if key in content]
    if len(given) > 1:
        wanted = "`queues` or, as it was called before, `lanes`, not both"
        return StoresFile({}, {"": f"{path} must hold {wanted}"})
    try:
        queues = QueuesSettings.model_validate(content[given[0]] or {} if given else {})
    except ValidationError as error:
        return StoresFile({}, {"": explain_mistakes(f"{path}: {given[0]}", error, QueuesSettings)})
    stores: dict[str, StoreSettings] = {}
    problems = {name: f"{path}: store {name!r}{why}" for name, why in unreadable.items()}
    for raw_name, values in entries.items():
        name = str(raw_name)
        if not STORE_NAME.fullmatch(name):
            problems[name] = (
                f"{path}: store {name!r}: a name is a lower-case letter, then lower-case"
                " letters, digits or _, 40 characters long at most"
            )
            continue
        try:
            stores[name] = StoreSettings.model_validate({**(values or {}), "name": name})
        except ValidationError as error:
            problems[name] = explain_mistakes(f"{path}: store {name!r}", error, StoreSettings)
        except TypeError:
            problems[name] = (
                f"{path}: store {name!r} is {shown(values)}: must be `key: value` lines"
            )
    return StoresFile(stores, problems, queues)


def _wrong_as_a_whole(content: Any) -> str | None:
    """What is wrong with the top of a stores file, as the end of a sentence."""
    wanted = "must hold the key `stores`, with one `name: settings` entry a store"
    if not isinstance(content, dict):
        return f" is {'empty' if content is None else shown(content)}: {wanted}"
    unknown = [str(key) for key in content if key not in {"stores", *QUEUES}]
    lines = [f"{key}: {no_such_key(key, ('stores', 'queues'))}" for key in unknown]
    if "stores" not in content:
        lines.append(f"the file {wanted}")
    if lines:
        return f": {'; '.join(lines)}"
    if not isinstance(content["stores"], dict):
        return f": stores is {shown(content['stores'])}: the file {wanted}"
    return None


@cache
def installation() -> Installation:
    """The installation's settings, read from the environment once per process.

    Raises:
        SettingsError: a variable is wrong; the message names it.
    """
    try:
        return Installation()
    except ValidationError as error:
        raise SettingsError(
            explain_mistakes("environment", error, Installation, variable)
        ) from None
    except pydantic_settings.SettingsError as error:
        found = re.search(r'field "(\w+)"', str(error))
        name = variable(found[1] if found else "")
        raise SettingsError(f"environment: {name}: must be JSON") from None


def variable(key: str) -> str:
    """The environment variable of a setting of the installation."""
    name, dot, rest = key.partition(".")
    return f"{PREFIX}{name.upper()}{dot}{rest}"


def known_platforms() -> Mapping[str, str]:
    """Where the class of each platform is, `module:Class` by name; ours cannot be replaced."""
    return {**installation().platforms, **OWN_PLATFORMS}


def stores_file() -> StoresFile:
    """What the stores file says now. It is read when it has changed: each request asks for it."""
    path = installation().stores_file
    try:
        found = path.stat()
    except OSError:
        return read_stores(path)
    if time() - found.st_ctime < SETTLED_S:
        return read_stores(path)
    version = (found.st_dev, found.st_ino, found.st_ctime_ns, found.st_size)
    read = _read_version(path, version, tuple(known_platforms().items()))
    if "" in read.problems:  # perhaps of a moment, as where no more files can be opened
        _read_version.cache_clear()
    return read


@lru_cache(maxsize=4)
def _read_version(path: Path, *_version: object) -> StoresFile:
    return read_stores(path)
