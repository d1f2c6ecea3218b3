"""Which answers to a booking are a refusal, by what each platform documents and by nothing else.

The cases are written from the platforms' own documents, and from what is known to stand between
them and us; they know nothing of the product's list. Of any other answer nobody can tell whether it
came before the booking or after it.
"""

from __future__ import annotations

from typing import Final

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.queue import settle_unknown
from loyalty_desk.clock import utc_now
from tests.platforms.account import Account, markers_of
from tests.platforms.applying import award, ended, run
from tests.platforms.cases import CASES

REFUSES: Final = {
    # "401 wrong/Bearer key, 404 unknown path or customer"; a form that does not fit is one, too.
    "rivo": {404, 422},
    # "400 (bad parameters, syntax, missing Content-Type), 404, 422 (understood but not allowed)"
    "smile": {400, 404, 422},
    # "Documented error statuses for adding: 400 and 401 (further ones cut off)"
    "loyaltylion": {400},
    # Nothing but 429 is documented; a path, a member and a body that it does not know are these.
    "trifft": {400, 404, 422},
}
MAY_HIDE_A_BOOKING: Final = {
    301: "led on by what stands before it, which passed it on",
    302: "led on, as after a form that was taken",
    303: "taken: the result is elsewhere",
    307: "led on",
    308: "led on",
    402: "the account's plan is judged by whom, and when?",
    406: "done, and the answer does not fit what was asked for",
    408: "a gateway that got no answer in time",
    409: "a conflict: with what was booked, perhaps (TRIFFT knows our ids)",
    418: "a gateway's own joke",
    423: "locked: by the booking under way",
    424: "a part of it failed, and another was done",
    425: "too early: it may be replayed",
    444: "nginx: the connection was closed without an answer",
    460: "a load balancer: the caller is gone, and the request went on",
    499: "nginx: the caller is gone, and the request went on",
    500: "it failed after the booking",
    502: "a gateway to whom the platform gave nonsense",
    503: "not available any more",
    504: "a gateway that got no answer in time",
    520: "a gateway to whom the platform gave nonsense",
    524: "a gateway that got no answer in time",
}
KEY_REFUSED: Final = {401, 403}
"""The key is refused, and not the award: it waits for a person to correct the connection."""

KNOWS_MARKERS: Final = {"trifft"}
"""It has our id of a transaction; what it does with one that it knows is not documented."""


def test_the_cases_tell_every_answer_once() -> None:
    known = set().union(*REFUSES.values())
    assert not known & set(MAY_HIDE_A_BOOKING)
    assert not KEY_REFUSED & (known | set(MAY_HIDE_A_BOOKING))


def test_what_the_platform_documents_as_a_refusal_is_one(account: Account, staging: Engine) -> None:
    for status in sorted(REFUSES[account.case.name]):
        account.spoil_award("status", status=status)
        award_id = award(account, staging, f"refused-{status}")

        expected = ("refused", f"the platform answered {status}")
        assert ended(account, staging, award_id) == expected
    assert account.booked() == []


def test_what_is_no_refusal_is_looked_for_and_found(account: Account, staging: Engine) -> None:
    found = {}
    for status in MAY_HIDE_A_BOOKING:
        account.spoil_award("status", status=status, after=True)
        award_id = award(account, staging, f"hidden-{status}")
        found[status] = (*ended(account, staging, award_id), booked(account, award_id))

    assert found == dict.fromkeys(MAY_HIDE_A_BOOKING, ("applied", "found in the ledger", 1))


def test_what_is_no_refusal_and_booked_nothing_is_sent_once_more(
    account: Account, staging: Engine
) -> None:
    award(account, staging, "seen")  # a ledger that is a guess counts once it showed something
    found = {}
    for status in MAY_HIDE_A_BOOKING:
        account.spoil_award("status", status=status)
        award_id = award(account, staging, f"lost-{status}")
        before = ended(account, staging, award_id)[0]
        run(account, staging)
        found[status] = (before, ended(account, staging, award_id)[0], booked(account, award_id))

    assert found == dict.fromkeys(MAY_HIDE_A_BOOKING, ("applying", "applied", 1))


@pytest.mark.parametrize("case", [case for case in CASES if case.name in KNOWS_MARKERS], ids=str)
def test_a_refusal_of_what_was_sent_before_may_be_one_of_a_repetition(
    account: Account, staging: Engine
) -> None:
    """A platform that knows our ids refuses the one that it has, which nobody found until then."""
    award(account, staging, "seen")
    account.switch(**{account.case.hides_entries: 1e6})
    account.spoil_award("drop", after=True)
    award_id = award(account, staging, "late")
    account.spoil_award("status", status=503)
    run(account, staging)
    run(account, staging)
    assert ended(account, staging, award_id)[0] == "unknown", "sent twice, and no trace of it"

    with staging.begin() as connection:
        settle_unknown(
            *(connection, account.store().name, award_id, utc_now()),
            was_applied=False,
            actor="eve",
            why="not to be seen",
        )
    account.spoil_award("status", status=422)
    run(account, staging)

    assert ended(account, staging, award_id)[0] == "applying", "it may be booked, and it is"
    run(account, staging)
    assert ended(account, staging, award_id)[0] == "unknown", "so it is not sent again by itself"
    assert booked(account, award_id) == 1


def booked(account: Account, award_id: str) -> int:
    """How often the platform has the award."""
    return sum(f"ld:{award_id}" in markers_of(entry) for entry in account.booked())
