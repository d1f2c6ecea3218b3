"""What it means that an award was refused, or may be booked, and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from loyalty_desk.awards.ledger import TAKEN_BACK
from loyalty_desk.awards.recipients import ANOTHER
from loyalty_desk.awards.subject import AMBIGUOUS
from loyalty_desk.classes import ClassText, class_text
from loyalty_desk.records import AwardState, Outcome

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
    AMBIGUOUS: ClassText(
        title="A shared address",
        means="Several members have the e-mail address that was asked for, so nothing was booked.",
        what_to_do="The award's history on the desk names them: choose one, then award anew.",
    ),
    ANOTHER: ClassText(
        title="Somebody else was answered",
        means="The platform answered with another member than was asked for, as it may after a"
        " merge, so nothing was booked.",
        what_to_do="Find the member on the platform, then award anew by that member's id.",
    ),
    "excluded": replace(class_text("customer", Outcome.EXCLUDED), needs_person=True),
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
