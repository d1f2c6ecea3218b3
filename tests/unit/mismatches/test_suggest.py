"""Who a customer may be: every reason alone, several at once, and what must not be suggested."""

from __future__ import annotations

import pytest

from benchmarks.suggestions import PRECISION_GOAL, RECALL_GOAL, measure
from loyalty_desk.card.emails import read_email
from loyalty_desk.mismatches.email_slips import Domains
from loyalty_desk.mismatches.scores import Reason, is_same_name, name_key
from loyalty_desk.mismatches.suggest import MOST_PER_CUSTOMER, Profile, Suggestion, suggest
from loyalty_desk.settings.sections import MismatchSettings

SHOWN_FROM = MismatchSettings().min_score


def person(
    identifier: str, email: str = "", name: str = "", external_id: str | None = None
) -> Profile:
    return Profile(
        id=identifier,
        email_key=read_email(email)[0],
        email=email or None,
        name=name_key(name),
        external_id=external_id,
    )


def found(customer: Profile, *members: Profile) -> list[Suggestion]:
    return list(suggest([customer], members, Domains({})))


@pytest.mark.parametrize(
    ("customer", "member", "reason"),
    [
        (person("1", "a@x.example", external_id="77"), person("m", "b@y.example", "", "77"),
         Reason.EXTERNAL_ID),
        (person("1", "a@x.example", external_id="m"), person("m", "b@y.example"),
         Reason.EXTERNAL_ID),
        (person("1", "ada+x@shop.example"), person("m", "ada@shop.example"), Reason.SAME_MAILBOX),
        (person("1", "a.da@gmail.com"), person("m", "ada@googlemail.com"), Reason.SAME_MAILBOX),
        (person("1", "a.da+x@gmail.com"), person("m", "ada+x@googlemail.com"), Reason.SAME_MAILBOX),
        (person("1", "ada@gmial.com"), person("m", "ada@gmail.com"), Reason.MISTYPED_DOMAIN),
        (person("1", "ada@gmail.com"), person("m", "ada@gmial.com"), Reason.MISTYPED_DOMAIN),
        (person("1", "ada@@gmail.com"), person("m", "ada@gmail.com"), Reason.REPAIRED),
        (person("1", "ada.byron@x.example", "Ada Byron"),
         person("m", "adabyron@y.example", "Byron, Ada"), Reason.NAME_AND_ADDRESS),
        (person("1", "ada.byron@x.example"),
         person("m", "adabyron@y.example", "Ada Byron"), Reason.NAME_AND_ADDRESS),
        (person("1", "ada.byron@x.example", "A. Byron"),
         person("m", "adabyron@y.example", "Ada Byron"), Reason.NAME_AND_ADDRESS),
        (person("1", "byron+shop@x.example", "Ada Byron"),
         person("m", "byron+club@x.example", "Ada Byron"), Reason.OTHER_TAG),
    ],
    ids=[
        "the shop's id", "the member's id is the shop's", "a tag", "dots of Gmail",
        "dots of Gmail, and one tag",
        "the customer's slip", "the member's slip", "not an address", "name and address",
        "the name in the address alone", "an initial, and the name in the address", "a tag each",
    ],
)  # fmt: skip
def test_each_reason_alone_is_enough(customer: Profile, member: Profile, reason: Reason) -> None:
    [one] = found(customer, member)

    assert (one.customer_id, one.member_id, one.reasons) == ("1", "m", (reason,))
    assert one.score >= SHOWN_FROM


@pytest.mark.parametrize(
    ("customer", "member"),
    [
        (person("1", "ada@gmail.com"), person("m", "bob@gmail.com")),
        (person("1", "ada@shop.example"), person("m", "ada@other.example")),
        (person("1", "ada.byron@x.example", "Ada"), person("m", "adabyron@y.example", "Ada")),
        (person("1", "ada.byron1@x.example", "Ada Byron"),
         person("m", "ada.byron2@x.example", "Ada Byron")),
        (person("1", "zz@x.example", "Ada Byron"), person("m", "ada@x.example", "Ada Byron")),
        (person("1", "sunny84@x.example"), person("m", "sunny84@y.example", "Ada Byron")),
        (person("1", "ada.byron@x.example", "Tom Byron"),
         person("m", "ada.byron@y.example", "Ada Byron")),
        (person("1"), person("m")),
        (person("1", "not an address"), person("m", "ada@x.example")),
    ],
    ids=[
        "other people", "the same name before the @ elsewhere", "one word is no name",
        "other digits", "a namesake", "a nickname without a name", "another first name",
        "nothing is known", "not an address at all",
    ],
)  # fmt: skip
def test_what_is_no_reason_suggests_nobody(customer: Profile, member: Profile) -> None:
    assert found(customer, member) == []


@pytest.mark.parametrize("shop_id_of_member", ["m", "external"])
def test_a_member_without_an_address_is_suggested_by_the_id_in_the_shop(
    shop_id_of_member: str,
) -> None:
    member = person("77") if shop_id_of_member == "m" else person("m", external_id="77")

    [one] = found(person("1", "ada@gmail.com", external_id="77"), member)

    assert one.reasons == (Reason.EXTERNAL_ID,)
    assert one.score >= SHOWN_FROM


def test_a_member_whose_address_has_a_slip_is_the_customer_with_the_mended_one() -> None:
    [one] = found(person("1", "ada@shop.example"), person("m", "ada@@shop.example"))

    assert one.reasons == (Reason.REPAIRED,)


@pytest.mark.parametrize("address", ["byron@shop.example", "byron+ada@shop.example"])
def test_a_name_that_disagrees_takes_a_suggestion_below_what_is_shown(address: str) -> None:
    family = person("m", "byron+tom@shop.example", "Tom Byron")

    [nameless] = found(person("1", address), family)
    [one] = found(person("1", address, "Ada Byron"), family)

    assert one.score < min(nameless.score, SHOWN_FROM)


def test_a_name_that_agrees_and_a_second_reason_make_it_surer() -> None:
    member = person("m", "ada@gmail.com", "Ada Byron", "77")
    alone = found(person("1", "ada@gmial.com"), member)[0].score
    named = found(person("1", "ada@gmial.com", "Ada Byron"), member)[0].score
    both = found(person("1", "ada@gmial.com", "Ada Byron", "77"), member)[0]

    assert alone < named < both.score < 1
    assert set(both.reasons) == {Reason.MISTYPED_DOMAIN, Reason.EXTERNAL_ID}


def test_two_that_fit_equally_well_are_a_tie_for_a_person() -> None:
    members = (person("m1", "ada@gmail.com"), person("m2", "a.da@gmail.com"))

    suggestions = found(person("1", "ada+y@gmail.com"), *members)

    assert {one.member_id for one in suggestions} == {"m1", "m2"}
    assert all(one.score < SHOWN_FROM for one in suggestions)


def test_a_customer_has_a_few_suggestions_at_most_the_surest_first() -> None:
    members = [person(f"m{n}", f"ada+{n}@gmail.com") for n in range(MOST_PER_CUSTOMER + 3)]
    members.append(person("best", "b@x.example", external_id="77"))

    suggestions = found(person("1", "ada@gmail.com", external_id="77"), *members)

    assert len(suggestions) == MOST_PER_CUSTOMER
    assert suggestions[0].member_id == "best"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ada Byron", "BYRON, Ada", True),
        ("Ada Byron", "Áda Byrön", True),
        ("Ada Byron", "A. Byron", True),
        ("Ada Byron", "Ada", True),
        ("Ada Byron", "Ada Byronn", True),
        ("Ada Mary Byron", "Ada Byron", True),
        ("Ada Byron", "Tom Byron", False),
        ("Ada Byron", "Ada King", False),
    ],
)
def test_names_are_compared_word_by_word(one: str, other: str, *, same: bool) -> None:
    assert is_same_name(name_key(one), name_key(other)) is same


def test_a_tag_each_is_not_enough_where_a_name_is_not_known() -> None:
    [one] = found(person("1", "byron+ada@x.example"), person("m", "byron+tom@x.example", "Tom"))

    assert one.score < SHOWN_FROM


@pytest.mark.parametrize(("customers", "suggested"), [(50, 50), (51, 0)])
def test_an_address_that_many_customers_have_elsewhere_says_nothing(
    customers: int, suggested: int
) -> None:
    many = [person(str(number), f"no.reply@d{number}.example") for number in range(customers)]
    members = [person("m", "noreply@shop.example", "No Reply")]

    assert len(list(suggest(many, members, Domains({})))) == suggested


def of_that_name(others: int) -> list[Profile]:
    """So many of 900 members are called Ada, and as many Byron; none is both."""
    return [
        person(f"m{number}", f"m{number}@shop.example", f"{first} {last}")
        for number in range(900)
        for first, last in [("Ada", "King") if number < others else ("Tom", "Hill")]
        for last in [last if number < 900 - others else "Byron"]
    ]


@pytest.mark.parametrize(
    ("others", "digits", "is_suggested"),
    [(4, "", True), (5, "", False), (33, "84", True), (34, "84", False), (5, "4", False)],
)
def test_a_common_name_says_who_somebody_is_only_with_the_same_digits(
    others: int, digits: str, *, is_suggested: bool
) -> None:
    customer = person("1", f"ada.byron{digits}@x.example", "Ada Byron")
    member = person("m", f"adabyron{digits}@y.example", "Ada Byron")

    # 900 times 5 in a thousand, twice, are 0.022 others by chance, and 0.02 may be; two digits make
    # it a fiftieth.
    assert bool(found(customer, *of_that_name(others), member)) is is_suggested


def test_in_a_small_store_one_other_of_each_name_makes_it_no_common_one() -> None:
    customer = person("1", "ada.byron@x.example", "Ada Byron")
    member = person("m", "adabyron@y.example", "Ada Byron")
    others = [
        person(f"m{number}", f"m{number}@shop.example", name)
        for number, name in enumerate(["Ada King", "Tom Byron", "Tom Hill"])
    ]

    assert [one.member_id for one in found(customer, *others, member)] == ["m"]


@pytest.mark.parametrize("seed", [1, 4])  # the rule was made with 1 and 2
def test_suggestions_on_the_labelled_set_are_nearly_always_right(seed: int) -> None:
    precision, recall = measure(SHOWN_FROM, seed)

    assert precision >= PRECISION_GOAL
    assert recall >= RECALL_GOAL
