"""The addresses of pages where people open what we name: in Gorgias, in a platform's admin, on the
desk, in Airflow. `hooks/elsewhere.py` knows those of a store. Pure.

Never: an import of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

MEMBER_ID: Final = "{member_id}"
"""What stands for a member's id in the address of a page of a platform's admin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Where each begins, without a slash at its end; None is not known, and then nothing leads
    there.

    The addresses in Gorgias are not documented: they are those that its own pages have.
    """

    gorgias: str | None = None
    member_page: str | None = None
    """A page of the platform's admin, with `MEMBER_ID` in it."""
    desk: str | None = None
    """The store's own page."""
    airflow: str | None = None

    def customer(self, customer_id: int | str | None) -> str | None:
        return _below(self.gorgias, "app/customer", customer_id)

    def ticket(self, ticket_id: int | str | None) -> str | None:
        return _below(self.gorgias, "app/ticket", ticket_id)

    def member(self, member_id: str | None) -> str | None:
        """Not where e-mail addresses are ids: they would stand in every log on the way."""
        if self.member_page is None or not member_id or "@" in member_id:
            return None
        return with_member(self.member_page, member_id)

    def mismatch(self, side: str, subject_id: int | str | None) -> str | None:
        """On the desk; `side` is "customer" or "member", who has no link by an address either."""
        is_address = "@" in str(subject_id)
        return None if is_address else _below(self.desk, f"mismatches/{side}", subject_id)

    def award(self, award_id: str | None) -> str | None:
        """On the desk."""
        return _below(self.desk, "awards", award_id)

    def awards_of(self, agent: str) -> str | None:
        """On the desk: the awards of whoever is named so."""
        return _asking(self.desk, "awards", q=agent)

    def person(self, name: str) -> str | None:
        """On the desk: whoever has that id or address."""
        return _asking(self.desk, "customers", q=name)

    def goodwill(self, fragment: str = "", **query: str) -> str | None:
        """On the desk: what was booked, as a query chooses it."""
        found = _asking(self.desk, "goodwill", **query)
        return f"{found}#{fragment}" if found and fragment else found

    def dag_run(self, dag_id: str, run_id: str) -> str | None:
        return _below(self.airflow, f"dags/{_quoted(dag_id)}/runs", run_id)


NOWHERE: Final = Elsewhere()


def with_member(page: str, member_id: str) -> str:
    """The address of a member's page, of which `page` is that of any member."""
    return page.replace(MEMBER_ID, _quoted(member_id))


def _below(base: str | None, path: str, name: int | str | None) -> str | None:
    return None if base is None or name is None else f"{base}/{path}/{_quoted(str(name))}"


def _asking(base: str | None, path: str, **query: str) -> str | None:
    return None if base is None else f"{base}/{path}?{urlencode(query)}"


def _quoted(name: str) -> str:
    return quote(name, safe="")
