"""What was found out about an order, in sentences for an agent. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from loyalty_desk.clock import parse_utc
from loyalty_desk.lookup.problems import PROBLEMS
from loyalty_desk.lookup.why import Answer, Finding, Question


def sentence(question: Question, finding: Finding) -> str:
    """One finding. It says what the data tells; what may follow from it, it does not."""
    is_one = finding.points == 1
    said = _SAID[finding.answer].format(
        are="is" if is_one else "are",
        were="was" if is_one else "were",
        wait="waits" if is_one else "wait",
        order=question.order,
        points=_points(finding.points),
        signed=f"{finding.points:+,}",
        unit="point" if abs(finding.points) == 1 else "points",
        on=f" on {day_text(parse_utc(finding.at_utc).date())}" if finding.at_utc else "",
        until=_until(finding),
        text=f" (“{finding.text}”)" if finding.text else "",
        day=day_text(finding.day) if finding.day else "",
        ordered=day_text(question.ordered_on) if question.ordered_on else "",
        problem=PROBLEMS[finding.problem] if finding.problem else "",
    )
    if finding.back:
        were = "was" if finding.back == 1 else "were"
        said += f" {_points(finding.back)} more {were} taken back."
    if finding.answer is Answer.NOTHING and not finding.tells_orders:
        said += " Its movements do not say which order they are for."
    if finding.answer is Answer.NOT_TOLD and finding.address:
        said = f"{finding.address}: {said}"
    if finding.is_other:
        by = f", by the address {finding.address}," if finding.address else ""
        said += f" That is member {finding.member_id}{by} and not the one matched to this customer."
    return said


def day_text(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def answer_text(question: Question, findings: Sequence[Finding]) -> str:
    """All of them in one text."""
    return " ".join(sentence(question, one) for one in findings)


def _points(number: int) -> str:
    return f"{number:,} {'point' if number == 1 else 'points'}"


def _until(finding: Finding) -> str:
    if finding.until is None:
        return "; the programme does not say until when"
    return f" until {day_text(date.fromisoformat(finding.until))}"


_SAID: Final[Mapping[Answer, str]] = {
    Answer.BOOKED: "{points} {are} booked for order {order}, the last{on}.",
    Answer.PENDING: "{points} for order {order} {wait} and {are} no part of the balance yet"
    "{until}.",
    Answer.TAKEN_BACK: "{points} came for order {order} and {were} taken back, as after a refund"
    " or by hand; the programme does not say why.",
    Answer.TAKEN: "{points} {were} taken for order {order}, and none were given for it.",
    Answer.WITHOUT_POINTS: "The programme knows order {order} and has no points for it.",
    Answer.NAMED: "A movement names {order} in its text: {signed} {unit}{on}{text}. That it is for"
    " this order, the programme does not say.",
    Answer.BEFORE_JOINING: "The order is of {ordered}; the person joined on {day}.",
    Answer.EXCLUDED: "The person is excluded from the programme.",
    Answer.GUEST: "The person is a guest of the programme and has not joined.",
    Answer.NOT_KNOWN: "The programme knows nobody by the addresses of this customer.",
    Answer.NOBODY_TO_ASK: "This customer has no address by which the programme could be asked.",
    Answer.NEAR: "{signed} {unit} {were} booked{on}{text}; for which order, the programme does not"
    " say.",
    Answer.NOTHING: "The programme tells nothing about order {order}.",
    Answer.NOT_TOLD: "{problem}",
    Answer.NOT_ALL: "Not all movements could be read, so there may be more.",
}
