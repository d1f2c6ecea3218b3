"""Airflow's users for tests of the desk: what each may do is a table, asked as Airflow asks."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.app import get_auth_manager, init_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import (
    ConnectionDetails,
    DagAccessEntity,
    DagDetails,
)
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

from tests.factories import STORE

RUN, ANSWER = DagAccessEntity.RUN, DagAccessEntity.HITL_DETAIL
MAY = {
    "viewer": {("GET", "loyalty_sync", None)},
    "agent": {("GET", "loyalty_sync", None), ("POST", "award_points", RUN)},
    "switcher": {("GET", "loyalty_sync", None), ("PUT", "loyalty_sync", None)},
    "manager": {
        ("GET", "loyalty_sync", None),
        ("POST", "award_points", RUN),
        ("POST", "loyalty_sync", RUN),
        ("PUT", "award_points", ANSWER),
    },
}
"""Method, DAG family and entity, in the store of the tests alone; an admin may everything."""


class Users(SimpleAuthManager):
    """Airflow's own auth manager, but that it tells DAGs apart, as the one for production does."""

    def is_authorized_dag(
        self,
        *,
        method: Any,
        user: SimpleAuthManagerUser,
        access_entity: DagAccessEntity | None = None,
        details: DagDetails | None = None,
    ) -> bool:
        name = user.get_name()
        if name == "admin":
            return True
        assert details is not None
        assert details.id is not None
        family, _, store = details.id.partition("__")
        return store == STORE and (method, family, access_entity) in MAY.get(name, set())

    def is_authorized_connection(
        self, *, method: Any, user: SimpleAuthManagerUser, details: ConnectionDetails | None = None
    ) -> bool:
        return user.get_name() == "admin"


def start_auth_manager() -> None:
    """Have this process know those users."""
    init_auth_manager()


def cookie_of(name: str, *, lives_s: int = 3600) -> str:
    """The session cookie of a user who has logged in."""
    user = SimpleAuthManagerUser(username=name, role="VIEWER")
    return str(get_auth_manager().generate_jwt(user, expiration_time_in_seconds=lives_s))
