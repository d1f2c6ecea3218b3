"""Airflow's human-in-the-loop question about an award, or a whole batch. An adapter."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput

from loyalty_desk.awards.approval import APPROVE, REJECT

if TYPE_CHECKING:
    from airflow.sdk import Context

    from loyalty_desk.awards.approval import Question


DECIDED = "there is nothing to be approved any more"
ANSWER_FORM = {
    "why": Param(None, type=["null", "string"], title="Why", description="For the audit.")
}
"""The `params` of the task; Airflow adds those of the DAG, so they cannot be set in here."""


class _Asks(HITLOperator):
    """Asks a person to approve. Holds no worker while it waits; nobody's answer in time is a no."""

    def __init__(self, *, store: str, subject: str, **kwargs: Any) -> None:
        super().__init__(subject=subject, options=[APPROVE, REJECT], defaults=[REJECT], **kwargs)
        self.store = store

    def find_question(self, map_index: int) -> Question | None:
        """What is asked; None when it needs no answer any more."""
        raise NotImplementedError

    def waits(self) -> bool:
        """Whether it still waits to be decided."""
        raise NotImplementedError

    def execute(self, context: Context) -> Any:
        asked = self.find_question(context["ti"].map_index or 0)
        if asked is None:
            raise AirflowSkipException(DECIDED)
        self.subject, self.body = asked.subject, asked.body
        self.response_timeout = timedelta(seconds=asked.left_s)
        try:
            return super().execute(context)
        except TaskAwaitingInput:
            # Whoever decided before the question could be answered does not know of it.
            if not self.waits():
                raise AirflowSkipException(DECIDED) from None
            raise


class AskApproval(_Asks):
    """Asks whether to approve the award `award_id`, with the member's balance as it is now."""

    template_fields = ("award_id",)

    def __init__(self, *, store: str, award_id: str, **kwargs: Any) -> None:
        super().__init__(store=store, subject="Approve an award?", **kwargs)
        self.award_id = award_id

    def find_question(self, map_index: int) -> Question | None:
        from loyalty_desk.tasks import awards  # noqa: PLC0415 - only when it runs

        return awards.ask(self.store, self.award_id, map_index)

    def waits(self) -> bool:
        from loyalty_desk.tasks import awards  # noqa: PLC0415 - as above

        return awards.waits_for_approval(self.store, self.award_id)


class AskBatchApproval(_Asks):
    """Asks whether to approve all of the batch `batch_id`; skipped where there is none."""

    template_fields = ("batch_id",)

    def __init__(self, *, store: str, batch_id: Any, **kwargs: Any) -> None:
        super().__init__(store=store, subject="Approve a batch of awards?", **kwargs)
        self.batch_id = batch_id

    def find_question(self, map_index: int) -> Question | None:  # noqa: ARG002 - asks once
        from loyalty_desk.tasks import incidents  # noqa: PLC0415 - only when it runs

        return incidents.question(self.store, self.batch_id) if self.batch_id else None

    def waits(self) -> bool:
        from loyalty_desk.tasks import incidents  # noqa: PLC0415 - as above

        return incidents.question(self.store, self.batch_id) is not None
