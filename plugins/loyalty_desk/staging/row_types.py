"""The rows that are written many at a time, each typed, with its table's columns in their order.

`load.py` refuses a row type that is not as its table is. Of the two wide tables it is said here
what a column counts as, since that decides what a difference in it leads to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, Generic, NamedTuple, TypeVar

_R = TypeVar("_R", bound=NamedTuple)


class ColumnGroups(Generic[_R]):
    """The columns of a row by what they count as; each is in exactly one group.

    `identity` is the key; `match_key` decides whom the row is matched to; `card` is what an agent
    sees; `record` is what else was told; `times` say when that was, so that a row is changed when
    its `content`, which is all but they, is another.
    """

    def __init__(
        self,
        row_type: type[_R],
        *,
        identity: Sequence[str],
        match_key: Sequence[str],
        card: Sequence[str],
        record: Sequence[str],
        times: Sequence[str],
    ) -> None:
        self.columns: Final[Mapping[str, Sequence[str]]] = {
            "identity": identity,
            "match_key": match_key,
            "card": card,
            "record": record,
            "times": times,
        }
        self.match_key: Final = _picker(row_type, match_key)
        self.content: Final = _picker(row_type, (*identity, *match_key, *card, *record))


def _picker(row_type: type[_R], names: Sequence[str]) -> Callable[[_R], tuple[Any, ...]]:
    # By place, as this is twice as fast as by name.
    return itemgetter(*(row_type._fields.index(name) for name in names))


class MemberRow(NamedTuple):
    store: str
    member_id: str
    email: str | None
    email_key: str | None
    email_state: str
    status: str
    phone: str | None
    external_id: str | None
    points_balance: int | None
    tier_rank: int
    card: str
    card_fingerprint: str
    changed_at_utc: str
    gone_at_utc: str | None


MEMBER_GROUPS: Final = ColumnGroups(
    MemberRow,
    identity=("store", "member_id"),
    match_key=("email_key", "email_state", "status"),
    card=("points_balance", "tier_rank", "card", "card_fingerprint"),
    record=("email", "phone", "external_id"),
    times=("changed_at_utc", "gone_at_utc"),
)


class CustomerRow(NamedTuple):
    store: str
    customer_id: int
    email: str | None
    email_key: str | None
    email_state: str
    name: str | None
    external_id: str | None
    other_data: str | None
    shown_fingerprint: str | None
    updated_at_utc: str
    read_at_utc: str
    channels_read_at_utc: str | None
    gone_at_utc: str | None
    field_ids: str | None
    language: str | None


CUSTOMER_GROUPS: Final = ColumnGroups(
    CustomerRow,
    identity=("store", "customer_id"),
    match_key=("email_key", "email_state"),
    card=("shown_fingerprint",),
    record=(
        *("email", "name", "external_id", "other_data"),
        *("field_ids", "updated_at_utc", "language"),
    ),
    times=("read_at_utc", "channels_read_at_utc", "gone_at_utc"),
)


class ChannelRow(NamedTuple):
    store: str
    customer_id: int
    email_key: str


class TicketRow(NamedTuple):
    store: str
    ticket_id: int
    customer_id: int
    status: str
    updated_at_utc: str
    created_at_utc: str | None
    priority: str | None
    tags: str | None
    channel: str | None


class IncidentPersonRow(NamedTuple):
    store: str
    batch_id: str
    customer_id: int
    ticket_id: int
    tickets: int
    fate: str
    detail: str | None
    award_id: str | None


class FurtherTicketRow(NamedTuple):
    store: str
    ticket_id: int
    customer_id: int
    status: str
    updated_at_utc: str


class TouchedRow(NamedTuple):
    store: str
    kind: str
    value: str


class ToPlanRow(NamedTuple):
    store: str
    customer_id: int


class SeenRow(NamedTuple):
    store: str
    source: str
    subject_id: str


class RejectedRow(NamedTuple):
    store: str
    run_id: str
    source: str
    position: int
    record_id: str | None
    field: str
    reason: str


class SuggestionRow(NamedTuple):
    store: str
    customer_id: int
    member_id: str
    score: float
    reasons: str
