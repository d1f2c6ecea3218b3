"""The classes that a customer or a member ends up in: what each says, to whom, and if it is open.

One table for the card, the lookup, the report, the desk and the settings, word for word. Which rows
are in which class is decided by the statements of the match.

Never: an import of ours but the records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from loyalty_desk.records import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CardText:
    """What a card says of a customer without a member.

    `summary`, `reason` and `what_to_do` are for the agent. `sentence` is said to the shopper, so it
    holds nothing that only staff should know.
    """

    summary: str
    sentence: str
    reason: str
    what_to_do: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassText:
    """One class on one side, in a support manager's words.

    `needs_person` when somebody should look at its rows: these count as open.
    """

    title: str
    means: str
    what_to_do: str
    needs_person: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """All that is said of one class. What is None cannot be: no card states it, no such side."""

    card: CardText | None = None
    customer: ClassText | None = None
    member: ClassText | None = None


FORGET: Final = "`python -m loyalty_desk erase --store S --email E --forget`"
"""How somebody who has an erased person's address is let in."""

_NOT_FOUND: Final = CardText(
    summary="Not a member of the programme",
    sentence="We found no loyalty account for this e-mail address.",
    reason="No loyalty account has this e-mail address.",
    what_to_do="Ask for the address used in the shop, or invite the customer to join.",
)
_UNCLEAR: Final = ClassText(
    title="Unclear",
    means="More than one customer and member fit together; a tie is never broken by guessing.",
    what_to_do="Decide who is who: confirm a link, or merge the accounts where they belong "
    "to one person.",
)
_EXCLUDED: Final = ClassText(
    title="Excluded",
    means="The merchant took this person out of the programme; or this is a guest, and guests do"
    " not count here.",
    what_to_do="Nothing, unless it is a mistake: who is excluded is set on the platform, and"
    " whether guests count in the store's settings.",
    needs_person=False,
)

CLASSES: Final[Mapping[Outcome, Texts]] = {
    Outcome.MATCHED: Texts(),  # no class: the member's own card speaks
    Outcome.CUSTOMER_NOT_FOUND: Texts(
        card=_NOT_FOUND,
        customer=ClassText(
            title="Wrote to us, not a member",
            means="A customer with recent tickets whose e-mail addresses belong to no member.",
            what_to_do="Ask for the address used in the shop, or invite the customer to join.",
        ),
    ),
    Outcome.NOT_A_MEMBER: Texts(
        card=_NOT_FOUND,
        customer=ClassText(
            title="Not a member",
            means="A customer without recent tickets and without a membership.",
            what_to_do="Nothing; this is normal.",
            needs_person=False,
        ),
    ),
    Outcome.MEMBER_NOT_IN_GORGIAS: Texts(
        member=ClassText(
            title="Never wrote to us",
            means="A member whose e-mail address belongs to no customer in Gorgias.",
            what_to_do="Nothing; most members never write.",
            needs_person=False,
        ),
    ),
    Outcome.AMBIGUOUS: Texts(
        card=CardText(
            summary="Membership unclear: more than one loyalty account fits",
            sentence="We are still checking which loyalty account is yours.",
            reason="More than one loyalty account fits this e-mail address.",
            what_to_do="Ask a manager to confirm which one it is.",
        ),
        customer=_UNCLEAR,
        member=_UNCLEAR,
    ),
    Outcome.NO_EMAIL: Texts(
        card=CardText(
            summary="Not a member of the programme (no e-mail address to look up)",
            sentence="We have no e-mail address of yours to find a loyalty account by.",
            reason="The customer has no e-mail address to look up.",
            what_to_do="Add the address used in the shop to the customer.",
        ),
        customer=ClassText(
            title="No e-mail",
            means="A customer without an e-mail address, as from chat or social media.",
            what_to_do="Add the e-mail address to the customer in Gorgias when it is known.",
        ),
        member=ClassText(
            title="No e-mail",
            means="A member without an e-mail address.",
            what_to_do="Add the e-mail address to the member on the platform when it is known.",
        ),
    ),
    Outcome.INVALID_EMAIL: Texts(
        card=CardText(
            summary="Not a member of the programme (the e-mail address is not valid)",
            sentence="The e-mail address that we have of you is not valid, so we could not"
            " find a loyalty account.",
            reason="This is not a valid e-mail address.",
            what_to_do="Correct the customer's e-mail address.",
        ),
        customer=ClassText(
            title="E-mail not valid",
            means="What stands in the e-mail field is not an address.",
            what_to_do="Correct the e-mail address of the customer in Gorgias.",
        ),
        member=ClassText(
            title="E-mail not valid",
            means="What stands in the member's e-mail field is not an address.",
            what_to_do="Correct the e-mail address of the member on the platform.",
        ),
    ),
    Outcome.MERGED_OR_DELETED: Texts(
        customer=ClassText(
            title="Gone from Gorgias",
            means="A customer that was merged into another one, or deleted.",
            what_to_do="Nothing; the customer it was merged into is looked at on its own.",
            needs_person=False,
        ),
        member=ClassText(
            title="Gone from the platform",
            means="A member that the platform no longer has.",
            what_to_do="Nothing; the customer's card says that there is no membership.",
            needs_person=False,
        ),
    ),
    Outcome.EXCLUDED: Texts(
        card=CardText(
            summary="Excluded from the programme",
            sentence="We found no active loyalty account for this e-mail address.",
            reason="The loyalty account does not take part in the programme.",
            what_to_do="Nothing to do here; the shop decided so.",
        ),
        customer=_EXCLUDED,
        member=_EXCLUDED,
    ),
    Outcome.ERASED: Texts(
        card=CardText(
            summary="Not a member of the programme",
            sentence="We found no loyalty account for this e-mail address.",
            reason="The loyalty account was erased on request.",
            what_to_do="Do not look the customer up by other means.",
        ),
        customer=ClassText(
            title="Erased",
            means="This person's data was erased on request, on the platform or here; or somebody"
            " else has the address of such a person now.",
            what_to_do="Consider whether the request covers Gorgias too. If the address is somebody"
            f" else's now, or the person joined anew: {FORGET}",
            needs_person=False,
        ),
        member=ClassText(
            title="Erased",
            means="This person's data was erased on request, on the platform or here; or somebody"
            " else has the address of such a person now.",
            what_to_do="Nothing. If the address is somebody else's now, or the person joined anew:"
            f" {FORGET}",
            needs_person=False,
        ),
    ),
}
"""In the order in which a reader wants them."""

CARD_CLASSES: Final = {outcome: one.card for outcome, one in CLASSES.items() if one.card}
"""The classes that a card can state."""
CUSTOMER_CLASSES: Final = {
    outcome: one.customer for outcome, one in CLASSES.items() if one.customer
}
"""The classes that a customer without a member can end up in."""
MEMBER_CLASSES: Final = {outcome: one.member for outcome, one in CLASSES.items() if one.member}
"""The classes that a member without a customer can end up in."""


def class_text(side: str, outcome: str) -> ClassText:
    """The words for a class; `side` is "customer" or "member"."""
    classes = CUSTOMER_CLASSES if side == "customer" else MEMBER_CLASSES
    return classes[Outcome(outcome)]


def check_open(name: str) -> str:
    """The name of a class of customers that needs a person; raises ValueError for another one."""
    open_classes = [one.value for one, text in CUSTOMER_CLASSES.items() if text.needs_person]
    if name not in open_classes:
        raise ValueError(f"must be one of {', '.join(open_classes)}")
    return name
