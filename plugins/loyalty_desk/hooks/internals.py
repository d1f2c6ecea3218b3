"""What we import of Airflow beyond its public interface, each with the reason.

Another minor version may change it, so whoever tries one begins here. A test fails for an import
that is not listed.

Public are `airflow.sdk`, providers, and what plugins, listeners and triggers are made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PUBLIC: Final = (
    "airflow.sdk",
    "airflow.providers",
    "airflow.plugins_manager",
    "airflow.listeners",
    "airflow.triggers.base",
)

INTERNALS: Final[Mapping[str, str]] = {
    # The plugin, in every process
    "airflow.configuration.conf": "the path below which Airflow is mounted: the same in"
    " `airflow.sdk.configuration` takes a second to import, in every process of Airflow",
    # The desk, in the API server
    "airflow.api_fastapi.app.get_auth_manager": "asks whichever auth manager there is what the"
    " visitor may do",
    "airflow.api_fastapi.auth.managers.models.base_user.BaseUser": "who the visitor is",
    "airflow.api_fastapi.auth.managers.models.resource_details.ConnectionDetails": "what an auth"
    " manager is asked about",
    "airflow.api_fastapi.auth.managers.models.resource_details.DagAccessEntity": "the same",
    "airflow.api_fastapi.auth.managers.models.resource_details.DagDetails": "the same",
    "airflow.api_fastapi.core_api.security.get_user": "the log-in that Airflow's own pages have",
    "airflow.models.dag.DagModel": "which of our DAGs are paused, for the desk; and the team of a"
    " DAG where `[core] multi_team` is on",
    # Approvals, in the API server and the command line
    "airflow.api_fastapi.core_api.datamodels.hitl.UpdateHITLDetailPayload": "the answer to a"
    " question, as the route takes it",
    "airflow.api_fastapi.core_api.routes.public.hitl.update_hitl_detail": "answers a question as"
    " Airflow's API does, in the name of the visitor, who has no token for it here",
    "airflow.models.hitl.HITLDetail": "whether a question still waits, after a restore",
    "airflow.models.taskinstance.TaskInstance": "the same",
    "airflow.utils.state.State": "which states of a task are its end",
    "airflow.models.variable.Variable": "the time zones of Gorgias accounts, kept and read where no"
    " supervisor is: by the desk's Test, and by commands that parse DAG files",
    "airflow.utils.session.create_session": "Airflow's database, for the three above and for which"
    " DAGs are paused; and for a note where `dag.test()` runs without a scheduler",
    # The doctor, on the command line
    "airflow.models.pool.Pool": "whether the pools of our queues are there; Airflow's own command"
    " takes five seconds to tell",
    # Notes of runs, in the scheduler; `LOYALTY_DESK_RUN_NOTES=false` leaves it out
    "airflow.models.xcom.XComModel": "the note that a task left for its run: no task may write one",
}
