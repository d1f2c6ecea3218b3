"""Airflow's human-in-the-loop question about one award. An adapter."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput

from loyalty_desk.awards.approval import APPROVE, REJECT

if TYPE_CHECKING:
    from airflow.sdk import Context


DECIDED = "the award needs no approval any more"
ANSWER_FORM = {
    "why": Param(None, type=["null", "string"], title="Why", description="For the audit.")
}
"""The `params` of the task; Airflow adds those of the DAG, so they cannot be set in here."""


class AskApproval(HITLOperator):
    """Asks a person whether to approve `award_id`, with the member's balance as it is now.

    Holds no worker while it waits. Nobody's answer in time is a no.
    """

    def __init__(self, *, store: str, award_id: str, **kwargs: Any) -> None:
        super().__init__(
            subject="Approve an award?",
            options=[APPROVE, REJECT],
            defaults=[REJECT],
            **kwargs,
        )
        self.store, self.award_id = store, award_id

    template_fields = ("award_id",)

    def execute(self, context: Context) -> Any:
        from loyalty_desk.tasks import awards  # noqa: PLC0415 - only when it runs

        asked = awards.ask(self.store, self.award_id, context["ti"].map_index or 0)
        if asked is None:
            raise AirflowSkipException(DECIDED)
        self.subject, self.body = asked.subject, asked.body
        self.response_timeout = timedelta(seconds=asked.left_s)
        try:
            return super().execute(context)
        except TaskAwaitingInput:
            # Whoever decided before the question could be answered does not know of it.
            if not awards.waits_for_approval(self.store, self.award_id):
                raise AirflowSkipException(DECIDED) from None
            raise
