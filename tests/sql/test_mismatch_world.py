"""A world in which it is known of every row what must become of it: every class, each kind of
evidence alone and several at once, in one match. Each row in exactly its class, with exactly its
suggestion and reasons.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.clock import utc_text
from loyalty_desk.mismatches.history import keep_history
from loyalty_desk.mismatches.scores import Reason
from loyalty_desk.mismatches.suggestions import best_suggestions, suggest_members
from loyalty_desk.records import Customer, Member, MemberStatus, Outcome, Ticket
from loyalty_desk.settings.sections import MismatchSettings
from loyalty_desk.staging import mismatch_schema, schema
from loyalty_desk.staging.intake import mark_gone, stage_customers, stage_members, stage_tickets
from loyalty_desk.sync.match import match_customers
from tests.factories import NOW, STORE, customer, member, store_settings, ticket
from tests.sql.staged import Staged, customer_classes, member_classes, pairs

EACH, SEEDS = 12, (1, 2)
MIN_SCORE = MismatchSettings().min_score
NOBODY_NEEDED = {
    *(Outcome.NOT_A_MEMBER, Outcome.MEMBER_NOT_IN_GORGIAS, Outcome.MERGED_OR_DELETED),
    *(Outcome.EXCLUDED, Outcome.ERASED, Outcome.MATCHED),
}


def letters(number: int) -> str:
    """A number as a word of its own, far from that of any other number."""
    digest = random.Random(number * 7919)
    return "".join(digest.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(9))


@dataclass
class World:
    """Rows, and what is known of each: its class by id, and for customers who they are."""

    seed: int
    members: list[Member] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    gone_customers: list[int] = field(default_factory=list)
    gone_members: list[str] = field(default_factory=list)
    links: list[tuple[int, str]] = field(default_factory=list)
    customer_classes: dict[int, Outcome] = field(default_factory=dict)
    member_classes: dict[str, Outcome] = field(default_factory=dict)
    suggested: dict[int, tuple[str, set[Reason]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._numbers = count(1000 * self.seed)
        self.word = ""

    def next_word(self) -> str:
        """A word that stands for one person from now on: in the address and in the name."""
        self.word = letters(next(self._numbers))
        return self.word

    def name(self) -> str:
        return f"{self.word[:5].title()} {self.word[4:].title()}son"

    def member(self, outcome: Outcome, email: str | None, **values: Any) -> str:
        member_id = f"M{next(self._numbers)}"
        values.setdefault("card", {"name": self.name(), "points_balance": 10})
        self.members.append(member(member_id=member_id, email=email, **values))
        self.member_classes[member_id] = outcome
        return member_id

    def customer(
        self, outcome: Outcome, email: str | None, *, wrote: bool = True, **values: Any
    ) -> int:
        customer_id = next(self._numbers)
        values.setdefault("name", self.name())
        self.customers.append(customer(customer_id=customer_id, email=email, **values))
        self.customer_classes[customer_id] = outcome
        if wrote:
            self.tickets.append(ticket(ticket_id=next(self._numbers), customer_id=customer_id))
        return customer_id

    def pair(
        self, customer_email: str | None, member_email: str, *reasons: Reason, **customer: Any
    ) -> None:
        """Somebody who is a member by other evidence than the address."""
        shared = (
            {"external_id": f"77{next(self._numbers)}"} if Reason.EXTERNAL_ID in reasons else {}
        )
        member_id = self.member(Outcome.MEMBER_NOT_IN_GORGIAS, member_email, **shared)
        outcome = customer.pop("outcome", Outcome.CUSTOMER_NOT_FOUND)
        customer_id = self.customer(outcome, customer_email, **shared, **customer)
        self.suggested[customer_id] = member_id, set(reasons)


def matched(world: World) -> None:
    email = f"{world.next_word()}@gmail.com"
    world.member(Outcome.MATCHED, email)
    world.customer(Outcome.MATCHED, email.upper(), wrote=False)


def matched_by_channel(world: World) -> None:
    email = f"{world.next_word()}@gmail.com"
    world.member(Outcome.MATCHED, email)
    world.customer(Outcome.MATCHED, f"x{email}", channels=(email,))


def matched_by_link(world: World) -> None:
    member_id = world.member(Outcome.MATCHED, f"{world.next_word()}@gmail.com")
    customer_id = world.customer(Outcome.MATCHED, f"{world.next_word()}@mail.example")
    world.links.append((customer_id, member_id))


def wrote_and_is_nobody(world: World) -> None:
    world.customer(Outcome.CUSTOMER_NOT_FOUND, f"{world.next_word()}@mail.example")


def neither_wrote_nor_joined(world: World) -> None:
    world.customer(Outcome.NOT_A_MEMBER, f"{world.next_word()}@mail.example", wrote=False)


def never_wrote(world: World) -> None:
    world.member(Outcome.MEMBER_NOT_IN_GORGIAS, f"{world.next_word()}@gmail.com")


def two_members_with_one_address(world: World) -> None:
    email = f"{world.next_word()}@gmail.com"
    for _ in range(2):
        world.member(Outcome.AMBIGUOUS, email)
    world.customer(Outcome.AMBIGUOUS, email)


def without_an_address(world: World) -> None:
    world.next_word()
    world.customer(Outcome.NO_EMAIL, None)
    world.next_word()
    world.member(Outcome.NO_EMAIL, None)


def with_an_address_that_is_none(world: World) -> None:
    world.customer(Outcome.INVALID_EMAIL, f"{world.next_word()} at home")
    world.member(Outcome.INVALID_EMAIL, f"{world.next_word()}#nowhere")


def gone(world: World) -> None:
    email = f"{world.next_word()}@gmail.com"
    world.gone_customers.append(world.customer(Outcome.MERGED_OR_DELETED, email))
    email = f"{world.next_word()}@gmail.com"
    world.gone_members.append(world.member(Outcome.MERGED_OR_DELETED, email))


def excluded(world: World) -> None:
    email = f"{world.next_word()}@gmail.com"
    world.member(Outcome.EXCLUDED, email, status=MemberStatus.EXCLUDED)
    world.customer(Outcome.EXCLUDED, email)


def erased_by_the_platform(world: World) -> None:
    """Of such a member nothing is left but the id, so nobody can tell who the customer is."""
    email = f"{world.next_word()}@gmail.com"
    world.member(Outcome.ERASED, email, status=MemberStatus.ERASED)
    world.customer(Outcome.CUSTOMER_NOT_FOUND, email)


def same_id_in_the_shop(world: World) -> None:
    word = world.next_word()
    world.pair(f"{word}@mail.example", f"old-{word[::-1]}@gmail.com", Reason.EXTERNAL_ID)


def same_mailbox_by_a_tag(world: World) -> None:
    word = world.next_word()
    world.pair(f"{word}+shop@mail.example", f"{word}@mail.example", Reason.SAME_MAILBOX)


def same_mailbox_under_a_tag_each(world: World) -> None:
    word = world.next_word()
    world.pair(f"{word}+shop@mail.example", f"{word}+club@mail.example", Reason.OTHER_TAG)


def same_mailbox_by_dots(world: World) -> None:
    word = world.next_word()
    dotted = f"{word[:3]}.{word[3:]}"
    world.pair(f"{dotted}@gmail.com", f"{word}@gmail.com", Reason.SAME_MAILBOX)


def slip_in_the_domain(world: World) -> None:
    word = world.next_word()
    world.pair(f"{word}@gmial.com", f"{word}@gmail.com", Reason.MISTYPED_DOMAIN)


def slip_in_the_members_domain(world: World) -> None:
    word = world.next_word()
    world.pair(f"{word}@hotmail.com", f"{word}@hotmial.com", Reason.MISTYPED_DOMAIN)


def address_that_can_be_mended(world: World) -> None:
    word = world.next_word()
    world.pair(
        f"{word}@@gmail.com",
        f"{word}@gmail.com",
        Reason.REPAIRED,
        outcome=Outcome.INVALID_EMAIL,
    )


def same_name_and_similar_address(world: World) -> None:
    word = world.next_word()
    world.pair(f"{word}x@mail.example", f"{word}@shop.example", Reason.NAME_AND_ADDRESS)


def several_reasons_at_once(world: World) -> None:
    word = world.next_word()
    both = (Reason.EXTERNAL_ID, Reason.MISTYPED_DOMAIN)
    world.pair(f"{word}@gmial.com", f"{word}@gmail.com", *both)
    word = world.next_word()
    both = (Reason.EXTERNAL_ID, Reason.SAME_MAILBOX)
    world.pair(f"{word}+a@mail.example", f"{word}@mail.example", *both)


def no_address_but_an_id_in_the_shop(world: World) -> None:
    word = world.next_word()
    world.pair(None, f"{word}@gmail.com", Reason.EXTERNAL_ID, outcome=Outcome.NO_EMAIL)


def somebody_else_of_that_name(world: World) -> None:
    word = world.next_word()
    world.member(Outcome.MEMBER_NOT_IN_GORGIAS, f"{word}1970@shop.example")
    world.customer(Outcome.CUSTOMER_NOT_FOUND, f"{word}1985@mail.example")


def two_who_fit_equally_well(world: World) -> None:
    word = world.next_word()
    for tag in ("a", "b"):
        world.member(Outcome.MEMBER_NOT_IN_GORGIAS, f"{word}+{tag}@mail.example")
    world.customer(Outcome.CUSTOMER_NOT_FOUND, f"{word}@mail.example")


KINDS: tuple[Callable[[World], None], ...] = (
    *(matched, matched_by_channel, matched_by_link, wrote_and_is_nobody),
    *(neither_wrote_nor_joined, never_wrote, two_members_with_one_address, without_an_address),
    *(with_an_address_that_is_none, gone, excluded, erased_by_the_platform, same_id_in_the_shop),
    *(same_mailbox_by_a_tag, same_mailbox_under_a_tag_each, same_mailbox_by_dots),
    *(
        slip_in_the_domain,
        slip_in_the_members_domain,
        address_that_can_be_mended,
        same_name_and_similar_address,
    ),
    *(several_reasons_at_once, no_address_but_an_id_in_the_shop, somebody_else_of_that_name),
    two_who_fit_equally_well,
)


def generate(seed: int) -> World:
    world = World(seed)
    kinds = [kind for kind in KINDS for _ in range(EACH)]
    random.Random(seed).shuffle(kinds)
    for kind in kinds:
        kind(world)
    for rows in (world.members, world.customers, world.tickets):
        random.Random(seed).shuffle(rows)  # type: ignore[arg-type]
    return world


@pytest.fixture(params=SEEDS)
def world(request: pytest.FixtureRequest, staging: Engine) -> World:
    """The world of a seed, staged and matched as a sync does."""
    made = generate(request.param)
    with staging.begin() as connection:
        staged = Staged(connection)
        stage_members(connection, STORE, made.members, NOW, first_load=False)
        stage_customers(
            connection, STORE, made.customers, NOW, card_key="loyalty", first_load=False
        )
        stage_tickets(connection, STORE, made.tickets, NOW)
        mark_gone(connection, STORE, made.gone_customers, NOW)
        for member_id in made.gone_members:
            staged.update(schema.members, {"member_id": member_id}, gone_at_utc=utc_text(NOW))
        for customer_id, member_id in made.links:
            staged.link(customer_id, member_id)
        match_customers(connection, store_settings(), NOW, full=True)
    keep_history(staging, STORE, NOW)
    suggest_members(staging, STORE)
    return made


def test_every_row_is_in_exactly_the_class_it_belongs_in(world: World, staging: Engine) -> None:
    with staging.connect() as connection:
        staged = Staged(connection)
        customers, members = customer_classes(staged), member_classes(staged)
        found_pairs = pairs(staged)
    customers |= {customer_id: Outcome.MATCHED for customer_id, _, _ in found_pairs}
    members |= {member_id: Outcome.MATCHED for _, member_id, _ in found_pairs}

    assert customers == world.customer_classes
    assert members == world.member_classes
    sides = (world.customer_classes, world.member_classes)
    assert {outcome for side in sides for outcome in side.values()} == set(Outcome)


def test_every_customer_gets_exactly_the_suggestion_that_is_right(
    world: World, staging: Engine
) -> None:
    with staging.connect() as connection:
        found = best_suggestions(connection, STORE, MIN_SCORE)

    assert {
        customer_id: (one.member_id, set(one.reasons)) for customer_id, one in found.items()
    } == world.suggested
    assert {reason for _, reasons in world.suggested.values() for reason in reasons} == set(Reason)


def test_whoever_needs_a_person_is_an_open_mismatch_and_nobody_else(
    world: World, staging: Engine
) -> None:
    with staging.connect() as connection:
        rows = connection.execute(mismatch_schema.mismatches.select()).all()
    found = Counter((row.side, row.outcome) for row in rows if row.settled_at_utc is None)

    sides = (("customer", world.customer_classes), ("member", world.member_classes))
    assert found == Counter(
        (side, outcome.value)
        for side, classes in sides
        for outcome in classes.values()
        if outcome not in NOBODY_NEEDED
    )
