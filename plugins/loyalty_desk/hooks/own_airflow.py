"""What this Airflow has: its database, pools, workers and plugins. An adapter.

Each is asked where it stands, from a shell of Airflow; a task does not reach its database.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

log = logging.getLogger(__name__)

ANSWER_LIMIT_S = 3.0
"""How long workers have to say that they are there."""


def find_trouble() -> str | None:
    """Why Airflow's database cannot be asked, in a word; None when it can."""
    from airflow.utils.session import create_session  # noqa: PLC0415 - a second of imports
    from sqlalchemy import text  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        with create_session(scoped=False) as session:
            session.execute(text("SELECT 1 FROM alembic_version"))
    except SQLAlchemyError as error:  # its text may hold the address with the password
        return type(error).__name__
    return None


def find_pools() -> Mapping[str, int] | None:
    """How many slots each pool has, -1 for any number; None where the database does not answer."""
    from airflow.models.pool import Pool  # noqa: PLC0415 - a second of imports
    from airflow.utils.session import create_session  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        with create_session(scoped=False) as session:
            return {str(pool.pool): pool.slots for pool in Pool.get_pools(session=session)}
    except SQLAlchemyError as error:
        log.warning("Airflow's database cannot be asked (%s)", type(error).__name__)
        return None


def uses_celery() -> bool:
    """Whether tasks go to workers by queues."""
    from airflow.sdk.configuration import conf  # noqa: PLC0415 - 1 s of imports

    return "CeleryExecutor" in str(conf.get("core", "executor", fallback=""))


def default_queue() -> str:
    """Where tasks go that name no queue."""
    from airflow.sdk.configuration import conf  # noqa: PLC0415 - 1 s of imports

    return str(conf.get("operators", "default_queue", fallback="default"))


def find_served_queues() -> Mapping[str, int] | None:
    """How many workers take each queue; none where no worker answers, None without the broker."""
    from airflow.providers.celery.executors.celery_executor import app  # noqa: PLC0415

    with app.connection_for_read(connect_timeout=ANSWER_LIMIT_S) as broker:
        try:
            broker.connect()
            found = app.control.inspect(timeout=ANSWER_LIMIT_S).active_queues() or {}
        except (OSError, *broker.recoverable_connection_errors) as error:
            log.warning("the broker of the queues does not answer (%s)", type(error).__name__)
            return None
    served: dict[str, int] = {}
    for queues in found.values():
        for name in {queue["name"] for queue in queues}:
            served[name] = served.get(name, 0) + 1
    return served


def plugin_trouble(name: str) -> str | None:
    """Why this Airflow does not load a plugin; None when it does."""
    from airflow import plugins_manager  # noqa: PLC0415

    plugins_manager.ensure_plugins_loaded()
    if any(found["name"] == name for found in plugins_manager.get_plugin_info()):
        return None
    broken = sorted(name for name in plugins_manager.get_import_errors() if "loyalty" in name)
    return (
        f"it cannot be imported: {', '.join(broken)}" if broken else "nothing leads Airflow to it"
    )
