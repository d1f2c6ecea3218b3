"""After an award: read the member anew, show the new card in Gorgias at once, leave a note.

A failure here never undoes or repeats an award. What could not be shown is tried again by the next
runs, and shown by the next sync in any case, as the member is touched in staging. The note is left
at most once: a lost one costs less than two.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row

from loyalty_desk.awards.queue import Door, add_event, amount_text, get_award
from loyalty_desk.awards.ticket_note import note_text
from loyalty_desk.clock import utc_text
from loyalty_desk.errors import ApiUnavailableError, LoyaltyDeskError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.http.reading import BadFieldError
from loyalty_desk.platforms.base import Platform
from loyalty_desk.records import AwardState, Cause, CauseKind, Member
from loyalty_desk.refresh import CardShower
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.staging_clock import staging_now
from loyalty_desk.staging.statements import statement
from loyalty_desk.staging.store_state import StateKey, find_state, keep_state

log = logging.getLogger(__name__)

LEFT_TO_THE_SYNC: Final = timedelta(days=1)
SHOW_WITHIN_S: Final = 20.0
"""How long Gorgias may keep one award from being shown, however often it is tried."""
ACTOR: Final = "follow_up"


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """Shows applied awards of one store."""

    store: StoreSettings
    engine: Engine
    platform: Platform
    gorgias: GorgiasClient

    @cached_property
    def _shower(self) -> CardShower:
        return CardShower(self.store, self.engine, self.platform, self.gorgias)

    def show(self, award_id: str) -> int:
        """Show one applied award; returns how many cards Gorgias accepted, 0 on trouble."""
        try:
            return self._show(award_id)
        except (LoyaltyDeskError, BadFieldError) as error:
            log.warning(
                "award %s is not shown yet (%s); a later run or the next sync does it",
                *(award_id, type(error).__name__),
            )
            return 0

    def has_failed_since(self, since_utc: str) -> bool:
        """Whether a service did not answer since then: what was due at that time was tried."""
        with reading(self.engine) as connection:
            failed_at_utc = find_state(connection, self.store.name, StateKey.NOT_SHOWN)
        return failed_at_utc is not None and failed_at_utc > since_utc

    def show_all(self) -> int:
        """Show what is applied and not shown; stops where a service is down."""
        pushed, tried = 0, set[str]()
        while due := [award_id for award_id in self._find_due() if award_id not in tried]:
            for award_id in due:
                tried.add(award_id)
                try:
                    pushed += self._show(award_id)
                except ApiUnavailableError as error:
                    log.warning("awards wait to be shown: %s", error)
                    self._keep_failure()
                    return pushed
                except (LoyaltyDeskError, BadFieldError) as error:
                    log.warning("award %s cannot be shown (%s)", award_id, type(error).__name__)
        return pushed

    def _keep_failure(self) -> None:
        with self.engine.begin() as connection:
            now = staging_now(connection)
            keep_state(connection, self.store.name, StateKey.NOT_SHOWN, utc_text(now), now)

    def _find_due(self) -> list[str]:
        with reading(self.engine) as connection:
            oldest = staging_now(connection) - LEFT_TO_THE_SYNC
            binds = {"store": self.store.name, "oldest_utc": utc_text(oldest)}
            found = connection.execute(statement("awards/follow_up/select_to_show"), binds)
            return list(found.scalars())

    def _show(self, award_id: str) -> int:
        with reading(self.engine) as connection:
            award = get_award(connection, self.store.name, award_id)
        # Whose it was is not known if a person settled it, or if the member was erased since.
        member_id = award.member_id
        member = self._shower.reread_member(member_id) if member_id else None
        if member is not None:
            facts = {"balance_after": member.card.get(f"{award.unit}_balance")}
            with self.engine.begin() as connection:
                self._note(connection, award, "read back", facts)
        outage = None
        with self.gorgias.transport.until(Deadline.after(SHOW_WITHIN_S)):
            pushed = 0
            if member_id:
                # Who awards one by one looks at the customer, ticket or not.
                one_by_one = award.door not in {Door.FILE, Door.BATCH}
                pushed = self._shower.push(
                    member_id,
                    Cause(kind=CauseKind.AWARD, ref=award_id),
                    to_everybody=one_by_one,
                )
            if self.store.leaves_ticket_notes and award.ticket_id is not None:
                outage = self._leave_note(award, member)
        with self.engine.begin() as connection:
            self._mark(connection, award_id, "awards/follow_up/mark_shown")
            self._note(connection, award, "shown in Gorgias", {"cards": pushed})
        if outage is not None:
            raise outage
        return pushed

    def _leave_note(self, award: Row[Any], member: Member | None) -> ApiUnavailableError | None:
        """Leave the note on the ticket, unless somebody did; it is marked before it is sent.

        Returns why it could not be left, where that is true of every other award now.
        """
        with self.engine.begin() as connection:
            if not self._mark(connection, award.award_id, "awards/follow_up/mark_noted"):
                return None
        text = note_text(
            member.card if member else {},
            amount=amount_text(award),
            unit=award.unit,
            reason=award.reason,
            agent=award.agent,
            note=award.note,
        )
        try:
            self.gorgias.leave_note(award.ticket_id, text)
            detail, outage = "noted on the ticket", None
        except LoyaltyDeskError as error:
            log.warning("award %s: no note on its ticket (%s)", award.award_id, error)
            detail = "could not be noted on the ticket"
            outage = error if isinstance(error, ApiUnavailableError) else None
        with self.engine.begin() as connection:
            self._note(connection, award, detail)
        return outage

    def _mark(self, connection: Connection, award_id: str, mark: str) -> bool:
        binds = {
            "store": self.store.name,
            "award_id": award_id,
            "now_utc": utc_text(staging_now(connection)),
        }
        return connection.execute(statement(mark), binds).rowcount == 1

    def _note(
        self,
        connection: Connection,
        award: Row[Any],
        detail: str,
        facts: dict[str, Any] | None = None,
    ) -> None:
        add_event(
            connection,
            self.store.name,
            award.award_id,
            AwardState.APPLIED,
            staging_now(connection),
            actor=ACTOR,
            detail=detail,
            facts=facts,
        )
