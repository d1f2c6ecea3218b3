"""What each class means to a support manager, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from loyalty_desk.awards.ledger import TAKEN_BACK
from loyalty_desk.mismatches.scores import Reason
from loyalty_desk.records import AwardState, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassText:
    """One class on one side, in words. `needs_person` when somebody should look at its rows."""

    title: str
    means: str
    what_to_do: str
    needs_person: bool = True


_AMBIGUOUS: Final = ClassText(
    title="Unclear",
    means="More than one customer and member fit together; a tie is never broken by guessing.",
    what_to_do="Decide who is who: confirm a link, or merge the accounts where they belong "
    "to one person.",
)

CUSTOMER_TEXTS: Final = {
    Outcome.CUSTOMER_NOT_FOUND: ClassText(
        title="Wrote to us, not a member",
        means="A customer with recent tickets whose e-mail addresses belong to no member.",
        what_to_do="Ask for the address used in the shop, or invite the customer to join.",
    ),
    Outcome.NOT_A_MEMBER: ClassText(
        title="Not a member",
        means="A customer without recent tickets and without a membership.",
        what_to_do="Nothing; this is normal.",
        needs_person=False,
    ),
    Outcome.AMBIGUOUS: _AMBIGUOUS,
    Outcome.NO_EMAIL: ClassText(
        title="No e-mail",
        means="A customer without an e-mail address, as from chat or social media.",
        what_to_do="Add the e-mail address to the customer in Gorgias when it is known.",
    ),
    Outcome.INVALID_EMAIL: ClassText(
        title="E-mail not valid",
        means="What stands in the e-mail field is not an address.",
        what_to_do="Correct the e-mail address of the customer in Gorgias.",
    ),
    Outcome.MERGED_OR_DELETED: ClassText(
        title="Gone from Gorgias",
        means="A customer that was merged into another one, or deleted.",
        what_to_do="Nothing; the customer it was merged into is looked at on its own.",
        needs_person=False,
    ),
    Outcome.EXCLUDED: ClassText(
        title="Excluded",
        means="The merchant took this person out of the programme.",
        what_to_do="Nothing, unless the exclusion was a mistake; it is made on the platform.",
        needs_person=False,
    ),
    Outcome.ERASED: ClassText(
        title="Erased",
        means="This person's data was erased on the platform on request.",
        what_to_do="Nothing on the platform; consider whether the request covers Gorgias too.",
        needs_person=False,
    ),
}
MEMBER_TEXTS: Final = {
    Outcome.MEMBER_NOT_IN_GORGIAS: ClassText(
        title="Never wrote to us",
        means="A member whose e-mail address belongs to no customer in Gorgias.",
        what_to_do="Nothing; most members never write.",
        needs_person=False,
    ),
    Outcome.AMBIGUOUS: _AMBIGUOUS,
    Outcome.NO_EMAIL: ClassText(
        title="No e-mail",
        means="A member without an e-mail address.",
        what_to_do="Add the e-mail address to the member on the platform when it is known.",
    ),
    Outcome.INVALID_EMAIL: ClassText(
        title="E-mail not valid",
        means="What stands in the member's e-mail field is not an address.",
        what_to_do="Correct the e-mail address of the member on the platform.",
    ),
    Outcome.MERGED_OR_DELETED: ClassText(
        title="Gone from the platform",
        means="A member that the platform no longer has.",
        what_to_do="Nothing; the customer's card says that there is no membership.",
        needs_person=False,
    ),
    Outcome.EXCLUDED: ClassText(
        title="Excluded",
        means="The merchant took this person out of the programme.",
        what_to_do="Nothing, unless the exclusion was a mistake; it is made on the platform.",
        needs_person=False,
    ),
    Outcome.ERASED: ClassText(
        title="Erased",
        means="This person's data was erased on the platform on request.",
        what_to_do="Nothing.",
        needs_person=False,
    ),
}
REFUSED_TEXTS: Final = {
    "customer_not_found": ClassText(
        title="Nobody by that e-mail",
        means="No member of the programme has the e-mail address that was asked for.",
        what_to_do="Check the address. If it is right, the customer has to join; then award anew.",
    ),
    "guest": ClassText(
        title="Not joined",
        means="A guest, who holds points without having joined; the store awards members only.",
        what_to_do="Invite the customer to join, then award anew.",
    ),
    "excluded": ClassText(
        title="Excluded",
        means="The merchant took this person out of the programme.",
        what_to_do="Nothing, unless the exclusion was a mistake; it is made on the platform.",
    ),
}
"""Why awards are refused for who the person is, by the award's `detail`."""
_NO_SUCH_MEMBER: Final = ClassText(
    title="Nobody by that id",
    means="The programme has no member with the id that was asked for.",
    what_to_do="Find the member on the platform, then award anew.",
)
_JOINED: Final = "The customer is a member by now: award anew."
_REFUSED: Final = ClassText(
    title="Not booked",
    means="The platform did not take the award.",
    what_to_do="Award anew once the reason is gone.",
)
_UNKNOWN: Final = ClassText(
    title="Perhaps booked",
    means="Nobody can tell whether the platform booked the award.",
    what_to_do="Look at the member's ledger on the platform, then settle it by the command below.",
)
_TAKEN_BACK: Final = ClassText(
    title="Taken back",
    means="The platform booked the award, and the booking does not stand any more.",
    what_to_do="Look at the member's ledger on the platform, then settle it by the command below: "
    "as applied, or to be sent again if it was taken back by mistake.",
)


def award_text(state: str, detail: str | None, *, by_email: bool, is_member: bool) -> ClassText:
    """The words for a refused or unknown award: `by_email`, or else by the member's id.

    `is_member` when the person is known to be a member by now.
    """
    if state == AwardState.UNKNOWN:
        return _TAKEN_BACK if detail == TAKEN_BACK else _UNKNOWN
    text = REFUSED_TEXTS.get(detail or "", _REFUSED)
    if detail != Outcome.CUSTOMER_NOT_FOUND:
        return text
    if not by_email:
        return _NO_SUCH_MEMBER
    return replace(text, what_to_do=_JOINED) if is_member else text


REASON_WORDS: Final = {
    Reason.EXTERNAL_ID: "the same id in the shop",
    Reason.SAME_MAILBOX: "the same mailbox, but for a tag or dots",
    Reason.REPAIRED: "the address, with its slip mended",
    Reason.MISTYPED_DOMAIN: "a slip in the domain",
    Reason.NAME_AND_ADDRESS: "the same name and a similar address",
}
"""Why a customer may be a member."""


def class_text(side: str, outcome: str) -> ClassText:
    """The words for a class; `side` is "customer" or "member"."""
    texts = CUSTOMER_TEXTS if side == "customer" else MEMBER_TEXTS
    return texts[Outcome(outcome)]
