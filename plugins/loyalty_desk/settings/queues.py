"""Queues, each with its pool: where tasks of one kind run, so that no other kind holds them up."""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field, model_validator

from loyalty_desk.settings.strict import Strict


class QueueSettings(Strict):
    """Where the tasks of one kind run."""

    queue: str | None = Field(
        default=None,
        min_length=1,
        description="Celery queue of its tasks; null: Airflow's default queue. LocalExecutor has"
        " no queues.",
    )
    pool: str | None = Field(
        default=None, min_length=1, description="Airflow pool of its tasks; null: `default_pool`."
    )
    slots: int = Field(default=16, ge=1, description="How many tasks that pool lets run at once.")

    def task_arguments(self) -> dict[str, Any]:
        """What every task of the kind is made with."""
        given = {"queue": self.queue, "pool": self.pool}
        return {name: value for name, value in given.items() if value is not None}


class QueuesSettings(Strict):
    """The two queues of an installation, each with a pool; its stores share them."""

    awards: QueueSettings = Field(
        default=QueueSettings(), description="Awards, and cards that are shown at once."
    )
    syncs: QueueSettings = Field(
        default=QueueSettings(), description="Everything else: what may take long and can wait."
    )

    @model_validator(mode="after")
    def _one_size_a_pool(self) -> QueuesSettings:
        if self.awards.pool == self.syncs.pool and self.awards.slots != self.syncs.slots:
            raise ValueError("queues that share a pool must have the same slots")
        return self

    def pools_json(self) -> str:
        """The pools that Airflow must have, as `airflow pools import` reads them."""
        pools = {
            queue.pool: {
                "slots": queue.slots,
                "description": f"Loyalty Desk: {name}",
                "include_deferred": False,
            }
            for name, queue in (("awards", self.awards), ("syncs", self.syncs))
            if queue.pool is not None
        }
        return json.dumps(pools, indent=2)
