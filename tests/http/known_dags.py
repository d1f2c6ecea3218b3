"""Which DAGs Airflow has loaded, as its own database holds them."""

from __future__ import annotations

from collections.abc import Mapping

BUNDLE = "a test"


def set_dags(paused: Mapping[str, bool]) -> None:
    """Have Airflow know these DAGs and no others; the value is whether one is paused.

    Others are there no more as Airflow has it: their runs, which earlier tests made, stay.
    """
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        session.query(DagModel).update({"is_stale": True})
        if session.get(DagBundleModel, BUNDLE) is None:
            session.add(DagBundleModel(name=BUNDLE))
            session.flush()
        for dag_id, is_paused in paused.items():
            session.merge(
                DagModel(dag_id=dag_id, bundle_name=BUNDLE, is_stale=False, is_paused=is_paused)
            )
