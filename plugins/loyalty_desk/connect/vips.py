"""Whose tickets come first, as agents see it: the view, and what rules of Gorgias can test. No I/O.

Source: filters as Gorgias' own pages write them, `containsAll(ticket.tags.name, ['...'])`.
"""

from __future__ import annotations

from collections.abc import Collection

from loyalty_desk.connect.compare import Wanted
from loyalty_desk.errors import ConnectError
from loyalty_desk.gorgias.asking import ASK_AGAIN_TAG
from loyalty_desk.gorgias.objects import Body, Kind
from loyalty_desk.settings.routing_settings import RoutingRule
from loyalty_desk.settings.stores_file import StoreSettings

VIEW_KEY = "vip_open"


def view_name(store: StoreSettings) -> str:
    """Stores that share an account have one each."""
    return f"VIP, open ({store.name})"


def tag_condition(store: StoreSettings) -> str:
    return f"containsAll(ticket.tags.name, ['{store.routing_tag}'])"


def wanted_views(store: StoreSettings) -> list[Wanted]:
    """Open tickets with our tag, who waited longest first; none for a store without rules.

    How agents order it, and with whom they share it, is theirs.
    """
    if not store.routing.rules:
        return []
    name = view_name(store)

    def has_our_name(row: Body) -> bool:
        return row.get("name") == name

    return [
        Wanted(
            kind=Kind.VIEW,
            key=VIEW_KEY,
            body={
                "name": name,
                "slug": f"vip-open-{store.name}",
                "type": "ticket-list",
                "filters": f"eq(ticket.status, 'open') && {tag_condition(store)}",
                "order_by": "created_datetime",
                "order_dir": "asc",
                "visibility": "public",
            },
            repaired=frozenset({"name", "filters"}),
            settled=frozenset({"slug", "order_by", "order_dir", "visibility"}),
            is_ours=has_our_name,
        )
    ]


def rule_code(store: StoreSettings) -> str:
    """What a rule of Gorgias tests, as its own code says it."""
    return f"if (eq(ticket.status, 'open') && {tag_condition(store)}) {{ }}"


def rule_words(rule: RoutingRule) -> str:
    """Whom a rule of the store is for, in words."""
    parts = []
    if rule.tiers:
        parts.append(f"tier {' or '.join(rule.tiers)}")
    if rule.points_at_least is not None:
        parts.append(f"{rule.points_at_least:,} points or more")
    if rule.points_expire_within_days is not None:
        parts.append(f"points that expire within {rule.points_expire_within_days} days")
    return " and ".join(parts)


def check_tag(store: StoreSettings, macro_tags: Collection[str], sharing: Collection[str]) -> None:
    """Refuse a tag that is not routing's alone, as it is taken off tickets again.

    `sharing` are stores with the same tag in the same Gorgias account.

    Raises:
        ConnectError: the message says what to set.
    """
    tag = store.routing_tag
    if tag in {ASK_AGAIN_TAG, *macro_tags}:
        taken = "what Loyalty Desk's other features put on tickets"
    elif sharing:
        taken = f"that of store {', '.join(sorted(sharing))} in the same Gorgias account"
    else:
        return
    raise ConnectError(
        f"store {store.name}: routing.tag {tag!r} is {taken}; give the store another routing.tag"
    )
