"""By which ids files of then name a person: nobody else's."""

from __future__ import annotations

import pytest

from loyalty_desk.privacy.person import Person


@pytest.mark.parametrize(
    ("member_id", "written"),
    [
        ("m 1", {"m 1"}),
        ("rivo 7", {"rivo 7", "7"}),
        ("rivo m 1", {"rivo m 1", "m 1"}),
    ],
)
def test_an_id_with_a_blank_is_not_the_id_of_somebody_else(
    member_id: str, written: set[str]
) -> None:
    nothing: frozenset[str] = frozenset()
    person = Person(
        email_keys=nothing,
        customer_ids=frozenset({3}),
        member_ids=frozenset({member_id}),
        texts=nothing,
        award_ids=(),
        waiting_awards=(),
        ticket_ids=frozenset(),
    )

    assert person.written_ids == {*written, "3"}
