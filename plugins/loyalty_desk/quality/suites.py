"""What must hold of the data after each step, as Great Expectations expectations by name.

Two kinds: `RowCheck` is a statement in `include/sql/checks/` that returns the rows at fault, and
`ColumnCheck` is one of GX's own expectations on a batch, which a statement there selects. Nothing
here imports GX, so that the list can be read, tested and shown without its 5 s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from loyalty_desk.classes import CUSTOMER_CLASSES, MEMBER_CLASSES
from loyalty_desk.quality.steps import Severity, Step
from loyalty_desk.records import EmailState, MemberStatus
from loyalty_desk.settings.stores_file import StoreSettings

# No programme hands out that many points; a larger number is a wrong field or unit.
MOST_POINTS: Final = 1_000_000_000
MEMBERS_WITH_EMAIL: Final = 0.8
CUSTOMERS_WITH_EMAIL: Final = 0.5  # chats and social channels bring customers without one
BALANCES_NOT_NEGATIVE: Final = 0.98
CHANGES_NOT_FAILED: Final = 0.95
# As `clock.utc_text` writes it: any other shape breaks the order of the watermark.
UTC_TEXT_LIKE: Final = "____-__-__T__:__:__.______Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCheck:
    """Passes when its statement, `fail_<name>`, returns no row."""

    query: str
    severity: Severity
    says: str
    """What must hold, as a sentence for a person."""

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


def sentences() -> dict[str, str]:
    """What must hold, by the name of the check, over all steps."""
    checks = (*_members(), *_customers(), *_match(), *_plan(()), *_push())
    return {check.name: check.says for check in checks}


def _rows(query: str, severity: Severity, says: str) -> RowCheck:
    return RowCheck(query=query, severity=severity, says=says)


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
    critical, warning = Severity.CRITICAL, Severity.WARNING
    return (
        column(
            "member_id_present",
            critical,
            "Every member has an id.",
            "ExpectColumnValuesToNotBeNull",
            column="member_id",
        ),
        _rows("checks/members/fail_member_id_unique", critical, "No two members share an id."),
        column(
            "member_status_known",
            critical,
            "Every member's status is one that we know.",
            "ExpectColumnValuesToBeInSet",
            column="status",
            value_set=[status.value for status in MemberStatus],
        ),
        column(
            "member_email_state_known",
            critical,
            "Every member's e-mail is valid, missing or invalid.",
            "ExpectColumnValuesToBeInSet",
            column="email_state",
            value_set=[state.value for state in EmailState],
        ),
        _rows(
            "checks/members/fail_member_email",
            critical,
            "A member has a match key exactly when the e-mail is valid.",
        ),
        column(
            "member_points_plausible",
            critical,
            f"No points balance is beyond {MOST_POINTS:,}, up or down.",
            "ExpectColumnValuesToBeBetween",
            column="points_balance",
            min_value=-MOST_POINTS,
            max_value=MOST_POINTS,
        ),
        _rows(
            "checks/members/fail_member_card",
            critical,
            "Every card says whether it is a member's and has a summary.",
        ),
        column(
            "member_fingerprint_present",
            critical,
            "Every card has a fingerprint.",
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
            "Points expire this year or in the next ten, if they expire.",
        ),
    )


def _customers() -> tuple[Check, ...]:
    column = _on("checks/customers/select_customers", "customer_id")
    critical, warning = Severity.CRITICAL, Severity.WARNING
    return (
        column(
            "customer_id_present",
            critical,
            "Every customer has an id.",
            "ExpectColumnValuesToNotBeNull",
            column="customer_id",
        ),
        _rows(
            "checks/customers/fail_customer_id_unique", critical, "No two customers share an id."
        ),
        column(
            "customer_email_state_known",
            critical,
            "Every customer's e-mail is valid, missing or invalid.",
            "ExpectColumnValuesToBeInSet",
            column="email_state",
            value_set=[state.value for state in EmailState],
        ),
        _rows(
            "checks/customers/fail_customer_email",
            critical,
            "A customer has a match key exactly when the e-mail is valid.",
        ),
        column(
            "customer_updated_shape",
            critical,
            "Every update time has the shape by which the next read resumes.",
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
    critical = Severity.CRITICAL
    return (
        _rows(
            "checks/match/fail_customer_placed_twice",
            critical,
            "No customer is both matched and in a class.",
        ),
        _rows(
            "checks/match/fail_customer_left_out",
            critical,
            "Every customer is matched or in a class.",
        ),
        _rows(
            "checks/match/fail_member_placed_twice",
            critical,
            "No member is both matched and in a class.",
        ),
        _rows(
            "checks/match/fail_member_left_out", critical, "Every member is matched or in a class."
        ),
        _on("checks/match/select_unmatched_customers", "customer_id")(
            "customer_class_known",
            critical,
            "Every customer's class is one that we know.",
            "ExpectColumnValuesToBeInSet",
            column="outcome",
            value_set=[outcome.value for outcome in CUSTOMER_CLASSES],
        ),
        _on("checks/match/select_unmatched_members", "member_id")(
            "member_class_known",
            critical,
            "Every member's class is one that we know.",
            "ExpectColumnValuesToBeInSet",
            column="outcome",
            value_set=[outcome.value for outcome in MEMBER_CLASSES],
        ),
        _rows(
            "checks/match/fail_match_member_gone",
            critical,
            "Nobody is matched to a gone or excluded member.",
        ),
        _rows(
            "checks/match/fail_match_customer_gone",
            critical,
            "Nobody is matched to a customer that is gone.",
        ),
        _rows(
            "checks/match/fail_match_email_differs",
            critical,
            "A match by e-mail is between the same addresses.",
        ),
        _rows(
            "checks/match/fail_match_link_unconfirmed",
            critical,
            "A match by link was confirmed by a person.",
        ),
        _rows(
            "checks/match/fail_member_shared",
            critical,
            "A member is matched to several customers only if their e-mail is the same.",
        ),
        _rows(
            "checks/match/fail_matched_share_drop",
            Severity.WARNING,
            "The matched share of the customers did not fall much since the last run.",
        ),
    )


def _plan(push_to: Sequence[str]) -> tuple[Check, ...]:
    column = _on("checks/plan/select_changes", "customer_id")
    critical, warning = Severity.CRITICAL, Severity.WARNING
    return (
        column(
            "change_destination_configured",
            critical,
            "Every change goes to a destination of the store's `push_to`.",
            "ExpectColumnValuesToBeInSet",
            column="destination",
            value_set=list(push_to),
        ),
        column(
            "change_kind_known",
            critical,
            "Every change is new, an update or a clear.",
            "ExpectColumnValuesToBeInSet",
            column="kind",
            value_set=["new", "update", "clear"],
        ),
        column(
            "change_fingerprint_present",
            critical,
            "Every change has the fingerprint of its card.",
            "ExpectColumnValueLengthsToBeBetween",
            column="fingerprint",
            min_value=1,
        ),
        _rows(
            "checks/plan/fail_change_customer_gone",
            critical,
            "No change is for a customer that is gone.",
        ),
        _rows(
            "checks/plan/fail_change_without_member",
            critical,
            "A member's card names the matched member.",
        ),
        _rows(
            "checks/plan/fail_change_already_pushed",
            critical,
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
            critical,
            "No change is still under way after the push.",
            "ExpectColumnValuesToNotBeInSet",
            column="state",
            value_set=["sending"],
        ),
        _rows(
            "checks/push/fail_done_without_ledger",
            critical,
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
