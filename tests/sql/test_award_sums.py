"""What the sums behind limits and ceilings are made of: signs, units, states, and reversals."""

from __future__ import annotations

from typing import Any, Final

import pytest
from sqlalchemy import Engine

from loyalty_desk.awards.ceilings import Token
from loyalty_desk.awards.queue import AwardLimitError, Door, queue_award
from loyalty_desk.awards.requests import AwardRequest
from loyalty_desk.awards.reversal import reverse_award
from loyalty_desk.records import AwardState, Unit
from loyalty_desk.staging.award_schema import awards
from tests.factories import NOW, store_settings
from tests.sql.staged import Staged
from tests.sql.test_awards import request

FREES: Final = {AwardState.REFUSED, AwardState.REJECTED}
"""By docs/awards.md: these give their part back; an unknown one does not, as it may be booked."""


def limits(unit: Unit = Unit.POINTS) -> set[str]:
    """The settings of every limit that sums up what came before."""
    people = {f"max_{unit}_per_{who}_per_day" for who in ("agent", "member", "token")}
    return people | {f"max_{unit}_per_token_per_hour", f"max_{unit}_over_http_per_day"}


class Desk:
    """Awards that come over HTTP through one token, by one agent for one member; nobody may have
    more than 100 points, or 1 credit, by any of the limits.
    """

    def __init__(self, staging: Engine) -> None:
        points, credit = (limits(unit) for unit in Unit)
        most = dict.fromkeys(points, 100) | dict.fromkeys(credit, 1)
        self._staging, self._store = staging, store_settings(awards=most)
        self._number = 0

    def award(self, amount: str, **values: Any) -> str:
        """Queue an award, its id; raises AwardLimitError."""
        self._number += 1
        wanted: AwardRequest = request(amount, idempotency_key=f"key-{self._number}", **values)
        with self._staging.begin() as connection:
            token = Token(token_id="one")
            queued = queue_award(connection, self._store, wanted, NOW, door=Door.HTTP, token=token)
        assert queued.is_new
        return queued.award_id

    def refuses(self, amount: str, **values: Any) -> set[str]:
        """The settings by which an award is refused."""
        with pytest.raises(AwardLimitError) as caught:
            self.award(amount, **values)
        return set(caught.value.breaches)

    def bring_to(self, award_id: str, state: AwardState) -> None:
        with self._staging.begin() as connection:
            Staged(connection).update(
                awards, {"award_id": award_id}, state=state.value, member_id="m1"
            )

    def reverse(self, award_id: str) -> None:
        with self._staging.begin() as connection:
            reverse_award(
                *(connection, self._store, award_id, NOW),
                agent="ada",
                why="wrong person",
                door=Door.HTTP,
            )


@pytest.mark.parametrize("amounts", [("60", "-40"), ("-60", "40"), ("-60", "-40"), ("60", "40")])
def test_what_is_taken_away_fills_a_limit_as_what_is_given_does(
    staging: Engine, amounts: tuple[str, str]
) -> None:
    desk = Desk(staging)
    for amount in amounts:
        desk.award(amount)

    assert desk.refuses("1") == desk.refuses("-1") == limits()


@pytest.mark.parametrize("amounts", [("60", "-40"), ("-60", "40"), ("-60", "-40")])
def test_so_it_does_where_it_was_asked_for_by_an_address_that_is_a_member_s_now(
    staging: Engine, amounts: tuple[str, str]
) -> None:
    desk = Desk(staging)
    for amount in amounts:
        desk.award(amount)
    with staging.begin() as connection:
        Staged(connection).member("m1", "m1@shop.example")

    by_id = {"email": None, "member_id": "m1"}
    assert desk.refuses("1", **by_id) == desk.refuses("-1", **by_id) == limits()


@pytest.mark.parametrize("units", [tuple(Unit), tuple(reversed(Unit))])
def test_points_and_credits_fill_no_limit_of_each_other(
    staging: Engine, units: tuple[Unit, Unit]
) -> None:
    whole = {Unit.POINTS: "100", Unit.CREDITS: "1.00"}  # both are 100 as they are stored
    least = {Unit.POINTS: "1", Unit.CREDITS: "0.01"}
    desk = Desk(staging)

    for unit in units:
        desk.award(whole[unit], unit=unit)

    for unit in units:
        assert desk.refuses(least[unit], unit=unit) == limits(unit)


@pytest.mark.parametrize("state", AwardState)
def test_what_may_be_booked_counts_and_what_is_surely_not_does_not(
    staging: Engine, state: AwardState
) -> None:
    desk = Desk(staging)
    desk.bring_to(desk.award("60"), state)

    if state in FREES:
        desk.award("100")
    else:
        assert desk.refuses("41") == limits()
        desk.award("40")


def test_a_reversal_fills_no_limit_and_frees_none(staging: Engine) -> None:
    desk = Desk(staging)
    award_id = desk.award("60")
    desk.bring_to(award_id, AwardState.APPLIED)

    desk.reverse(award_id)

    assert desk.refuses("41") == limits()
    desk.award("40")
