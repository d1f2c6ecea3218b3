"""What must hold of the data after each step, as Great Expectations expectations by name.

Two kinds: `RowCheck` is a statement in `include/sql/checks/` that returns the rows at fault, and
`ColumnCheck` is one of GX's own expectations on a batch, which a statement there selects. Nothing
here imports GX, so that the list can be read, tested and shown without its 5 s.

What others may send is checked here only where it takes more than one row to tell; a row by itself
is looked at when it is received (`card/faults.py`, the readers). What guards our own code, which no
data can set off, is a tripwire.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from loyalty_desk.classes import CUSTOMER_CLASSES, MEMBER_CLASSES
from loyalty_desk.quality.steps import Severity, Step
from loyalty_desk.records import EmailState, MemberStatus
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.set_aside import Side

MEMBERS_WITH_EMAIL: Final = 0.8
CUSTOMERS_WITH_EMAIL: Final = 0.5  # chats and social channels bring customers without one
BALANCES_NOT_NEGATIVE: Final = 0.98
CHANGES_NOT_FAILED: Final = 0.95
# As `clock.utc_text` writes it: any other shape breaks the order of the watermark.
UTC_TEXT_LIKE: Final = "____-__-__T__:__:__.______Z"
TRIPWIRE: Final = "Tripwire: "
"""Begins the sentence of a check that guards our own code: no data can set it off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCheck:
    """Passes when its statement, `fail_<name>`, returns no row."""

    query: str
    severity: Severity
    says: str
    """What must hold, as a sentence for a person."""
    side: Side = "customer"
    """Whose ids it returns, where rows are set aside."""

    @property
    def name(self) -> str:
        return self.query.rpartition("/fail_")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnCheck:
    """Passes when GX's `expectation` holds of the rows of the statement `batch`."""

    name: str
    severity: Severity
    says: str
    batch: str
    id_column: str
    expectation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def side(self) -> Side:
        return "member" if self.id_column == "member_id" else "customer"


Check = RowCheck | ColumnCheck


def suite(step: Step, store: StoreSettings) -> tuple[Check, ...]:
    """The checks of a step; names are unique within it."""
    match step:
        case Step.MEMBERS:
            return _members()
        case Step.CUSTOMERS:
            return _customers()
        case Step.MATCH:
            return _match()
        case Step.PLAN:
            return _plan([destination.value for destination in store.push_to])
        case Step.PUSH:
            return _push()


def _rows(query: str, severity: Severity, says: str) -> RowCheck:
    return RowCheck(query=query, severity=severity, says=says)


def _tripwire(query: str, says: str, side: Side = "customer") -> RowCheck:
    return RowCheck(query=query, severity=Severity.ROW, says=TRIPWIRE + says, side=side)


def _on(batch: str, id_column: str) -> Any:
    """Make column checks on one batch: `(name, severity, says, expectation, **arguments)`."""

    def check(
        name: str, severity: Severity, says: str, expectation: str, **arguments: Any
    ) -> ColumnCheck:
        return ColumnCheck(
            name=name,
            severity=severity,
            says=says,
            batch=batch,
            id_column=id_column,
            expectation=expectation,
            arguments=arguments,
        )

    return check


def _members() -> tuple[Check, ...]:
    column = _on("checks/members/select_members", "member_id")
    row, warning = Severity.ROW, Severity.WARNING
    return (
        column(
            "member_status_known",
            row,
            f"{TRIPWIRE}Every member's status is one that we know.",
            "ExpectColumnValuesToBeInSet",
            column="status",
            value_set=[status.value for status in MemberStatus],
        ),
        column(
            "member_email_state_known",
            row,
            f"{TRIPWIRE}Every member's e-mail is valid, missing or invalid.",
            "ExpectColumnValuesToBeInSet",
            column="email_state",
            value_set=[state.value for state in EmailState],
        ),
        _tripwire(
            "checks/members/fail_member_email",
            "A member has a match key exactly when the e-mail is valid.",
            "member",
        ),
        column(
            "member_fingerprint_present",
            row,
            f"{TRIPWIRE}Every card has a fingerprint.",
            "ExpectColumnValueLengthsToBeBetween",
            column="card_fingerprint",
            min_value=1,
        ),
        column(
            "members_with_email",
            warning,
            f"At least {MEMBERS_WITH_EMAIL:.0%} of the members have a usable e-mail.",
            "ExpectColumnValuesToNotBeNull",
            column="has_email",
            mostly=MEMBERS_WITH_EMAIL,
        ),
        column(
            "member_points_not_negative",
            warning,
            f"At least {BALANCES_NOT_NEGATIVE:.0%} of the points balances are not below zero.",
            "ExpectColumnValuesToBeBetween",
            column="points_balance",
            min_value=0,
            mostly=BALANCES_NOT_NEGATIVE,
        ),
        _rows(
            "checks/members/fail_member_expiry",
            warning,
            "Points expire within the next ten years, or did in the last one, if they expire.",
        ),
    )


def _customers() -> tuple[Check, ...]:
    column = _on("checks/customers/select_customers", "customer_id")
    row, warning = Severity.ROW, Severity.WARNING
    return (
        column(
            "customer_email_state_known",
            row,
            f"{TRIPWIRE}Every customer's e-mail is valid, missing or invalid.",
            "ExpectColumnValuesToBeInSet",
            column="email_state",
            value_set=[state.value for state in EmailState],
        ),
        _tripwire(
            "checks/customers/fail_customer_email",
            "A customer has a match key exactly when the e-mail is valid.",
        ),
        column(
            "customer_updated_shape",
            row,
            f"{TRIPWIRE}Every update time has the shape by which the next read resumes.",
            "ExpectColumnValuesToMatchLikePattern",
            column="updated_at_utc",
            like_pattern=UTC_TEXT_LIKE,
        ),
        _rows(
            "checks/customers/fail_customer_future",
            warning,
            "No customer was updated in the future.",
        ),
        column(
            "customers_with_email",
            warning,
            f"At least {CUSTOMERS_WITH_EMAIL:.0%} of the customers have a usable e-mail.",
            "ExpectColumnValuesToNotBeNull",
            column="has_email",
            mostly=CUSTOMERS_WITH_EMAIL,
        ),
    )


def _match() -> tuple[Check, ...]:
    return (
        _tripwire(
            "checks/match/fail_customer_placed_twice",
            "No customer is both matched and in a class.",
        ),
        _tripwire(
            "checks/match/fail_customer_left_out",
            "Every customer is matched or in a class.",
        ),
        _tripwire(
            "checks/match/fail_member_placed_twice",
            "No member is both matched and in a class.",
            "member",
        ),
        _tripwire(
            "checks/match/fail_member_left_out",
            "Every member is matched or in a class.",
            "member",
        ),
        _on("checks/match/select_unmatched_customers", "customer_id")(
            "customer_class_known",
            Severity.ROW,
            f"{TRIPWIRE}Every customer's class is one that we know.",
            "ExpectColumnValuesToBeInSet",
            column="outcome",
            value_set=[outcome.value for outcome in CUSTOMER_CLASSES],
        ),
        _on("checks/match/select_unmatched_members", "member_id")(
            "member_class_known",
            Severity.ROW,
            f"{TRIPWIRE}Every member's class is one that we know.",
            "ExpectColumnValuesToBeInSet",
            column="outcome",
            value_set=[outcome.value for outcome in MEMBER_CLASSES],
        ),
        _tripwire(
            "checks/match/fail_match_member_gone",
            "Nobody is matched to a gone or excluded member.",
        ),
        _tripwire(
            "checks/match/fail_match_customer_gone",
            "Nobody is matched to a customer that is gone.",
        ),
        _tripwire(
            "checks/match/fail_match_email_differs",
            "A match by e-mail is between the same addresses.",
        ),
        _tripwire(
            "checks/match/fail_match_link_unconfirmed",
            "A match by link was confirmed by a person.",
        ),
        _tripwire(
            "checks/match/fail_member_shared",
            "A member is matched to several customers only if their e-mail is the same.",
            "member",
        ),
        _rows(
            "checks/match/fail_matched_share_drop",
            Severity.WARNING,
            "The matched share of the customers did not fall much since the last run.",
        ),
    )


def _plan(push_to: Sequence[str]) -> tuple[Check, ...]:
    column = _on("checks/plan/select_changes", "customer_id")
    row, warning = Severity.ROW, Severity.WARNING
    return (
        column(
            "change_destination_configured",
            row,
            f"{TRIPWIRE}Every change goes to a destination of the store's `push_to`.",
            "ExpectColumnValuesToBeInSet",
            column="destination",
            value_set=list(push_to),
        ),
        column(
            "change_kind_known",
            row,
            f"{TRIPWIRE}Every change is new, an update, a clear, in other words, or takes a card"
            " away.",
            "ExpectColumnValuesToBeInSet",
            column="kind",
            value_set=["new", "update", "clear", "texts", "withdraw"],
        ),
        column(
            "change_fingerprint_present",
            row,
            f"{TRIPWIRE}Every change has the fingerprint of its card.",
            "ExpectColumnValueLengthsToBeBetween",
            column="fingerprint",
            min_value=1,
        ),
        _tripwire(
            "checks/plan/fail_change_customer_gone",
            "No change is for a customer that is gone.",
        ),
        _tripwire(
            "checks/plan/fail_change_without_member",
            "A member's card names the matched member.",
        ),
        _tripwire(
            "checks/plan/fail_change_already_pushed",
            "No change repeats what Gorgias already has.",
        ),
        _rows(
            "checks/plan/fail_change_drifted",
            warning,
            "Gorgias still shows the cards that it accepted.",
        ),
        _rows(
            "checks/plan/fail_clear_without_ledger",
            warning,
            "Only cards that the ledger knows are cleared.",
        ),
    )


def _push() -> tuple[Check, ...]:
    column = _on("checks/plan/select_changes", "customer_id")
    critical, warning = Severity.CRITICAL, Severity.WARNING
    return (
        column(
            "change_not_sending",
            Severity.ROW,
            f"{TRIPWIRE}No change is still under way after the push.",
            "ExpectColumnValuesToNotBeInSet",
            column="state",
            value_set=["sending"],
        ),
        _tripwire(
            "checks/push/fail_done_without_ledger",
            "Every done change is in the ledger as sent.",
        ),
        column(
            "changes_not_failed",
            warning,
            f"At least {CHANGES_NOT_FAILED:.0%} of the changes did not fail.",
            "ExpectColumnValuesToNotBeInSet",
            column="state",
            value_set=["failed"],
            mostly=CHANGES_NOT_FAILED,
        ),
        _rows(
            "checks/push/fail_readback_some",
            warning,
            "Every customer read back shows what was pushed.",
        ),
        _rows(
            "checks/push/fail_readback_most",
            critical,
            "At least half of the customers read back are right.",
        ),
    )
