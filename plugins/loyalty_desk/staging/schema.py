"""Every staging table, in a module a topic. Times are text as `clock.utc_text` writes them.

Migrations in `staging/migrations/` create them; a test holds the two against each other.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from loyalty_desk.staging import (
    account_schema,
    award_schema,
    goodwill_schema,
    incident_schema,
    journal_schema,
    lookup_schema,
    match_schema,
    mismatch_schema,
    people_schema,
    plan_schema,
    routing_schema,
    run_schema,
    telling_schema,
)
from loyalty_desk.staging.account_schema import (
    api_tokens,
    gorgias_objects,
    oauth_tokens,
    request_budgets,
    store_state,
)
from loyalty_desk.staging.award_schema import award_events, award_gates, awards, gorgias_agents
from loyalty_desk.staging.goodwill_schema import ledger_entries, liability_days
from loyalty_desk.staging.incident_schema import incident_people, incidents
from loyalty_desk.staging.journal_schema import journal
from loyalty_desk.staging.lookup_schema import activities, lookups_not_found, member_lookups
from loyalty_desk.staging.match_schema import (
    links,
    matches,
    touched,
    unmatched_customers,
    unmatched_members,
)
from loyalty_desk.staging.metadata import METADATA
from loyalty_desk.staging.mismatch_schema import (
    decisions,
    ignored_mismatches,
    mismatches,
    refused_suggestions,
    suggestions,
)
from loyalty_desk.staging.people_schema import (
    customer_channels,
    customers,
    erased_people,
    former_members,
    further_tickets,
    members,
    tickets,
)
from loyalty_desk.staging.plan_schema import (
    card_writes,
    cards_to_show,
    changes,
    customers_to_show,
    pushed_cards,
    to_plan,
)
from loyalty_desk.staging.reporting import VIEWS
from loyalty_desk.staging.routing_schema import routed_tickets
from loyalty_desk.staging.run_schema import (
    lock_turns,
    locks,
    quality_results,
    rejected_records,
    run_counters,
    runs,
    scan_seen,
    set_aside,
    watermarks,
)
from loyalty_desk.staging.telling_schema import owed_alerts, tellings

__all__ = [
    "METADATA",
    "TOPICS",
    "VIEWS",
    "account_schema",
    "activities",
    "api_tokens",
    "award_events",
    "award_gates",
    "award_schema",
    "awards",
    "card_writes",
    "cards_to_show",
    "changes",
    "customer_channels",
    "customers",
    "customers_to_show",
    "decisions",
    "erased_people",
    "former_members",
    "further_tickets",
    "goodwill_schema",
    "gorgias_agents",
    "gorgias_objects",
    "ignored_mismatches",
    "incident_people",
    "incident_schema",
    "incidents",
    "journal",
    "journal_schema",
    "ledger_entries",
    "liability_days",
    "links",
    "lock_turns",
    "locks",
    "lookup_schema",
    "lookups_not_found",
    "match_schema",
    "matches",
    "member_lookups",
    "members",
    "mismatch_schema",
    "mismatches",
    "oauth_tokens",
    "owed_alerts",
    "people_schema",
    "plan_schema",
    "pushed_cards",
    "quality_results",
    "refused_suggestions",
    "rejected_records",
    "request_budgets",
    "routed_tickets",
    "routing_schema",
    "run_counters",
    "run_schema",
    "runs",
    "scan_seen",
    "set_aside",
    "store_state",
    "suggestions",
    "telling_schema",
    "tellings",
    "tickets",
    "to_plan",
    "touched",
    "unmatched_customers",
    "unmatched_members",
    "watermarks",
]

TOPICS: Final[dict[str, ModuleType]] = {
    "People": people_schema,
    "Matching": match_schema,
    "Plan and push": plan_schema,
    "Runs and reads": run_schema,
    "Awards and their audit": award_schema,
    "What it costs": goodwill_schema,
    "Compensation": incident_schema,
    "Mismatches and decisions": mismatch_schema,
    "What outlives the database": journal_schema,
    "Lookups": lookup_schema,
    "Routing": routing_schema,
    "Who was told": telling_schema,
    "Accounts": account_schema,
}
"""What the tables of each module are about, in the order in which one gets to know them."""
