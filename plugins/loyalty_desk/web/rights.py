"""Who may do what on the desk's pages: Airflow's own permissions on the store's DAGs. An adapter.

There are no users and no roles of ours. Whoever may read the sync's DAG sees the store, whoever may
trigger it settles mismatches, and so on, whichever auth manager Airflow has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Final, Literal

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import (
    ConnectionDetails,
    DagAccessEntity,
    DagDetails,
)
from airflow.api_fastapi.core_api.security import get_user
from airflow.models.dag import DagModel
from airflow.sdk.configuration import conf
from fastapi import Depends, Request

from loyalty_desk.errors import StagingUnavailableError
from loyalty_desk.settings.stores_file import StoreSettings, stores_file
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.stores import in_force
from loyalty_desk.web.answers import CLOSED, WebError

User = Annotated[BaseUser, Depends(get_user)]


class Right(StrEnum):
    """What somebody may do in a store."""

    SEE = "see"
    SETTLE = "settle"
    AWARD = "award"
    APPROVE = "approve"
    UNPAUSE = "unpause"
    EXPORT = "export what is kept of a person"
    SET_UP = "set up"


@dataclass(frozen=True, slots=True)
class _Asks:
    """The permission on a DAG of the store that gives a right."""

    family: str
    method: Literal["GET", "POST", "PUT"]
    entity: DagAccessEntity | None
    words: str


ASKS: Final = {
    Right.SEE: _Asks("loyalty_sync", "GET", None, "read the DAG"),
    Right.SETTLE: _Asks("loyalty_sync", "POST", DagAccessEntity.RUN, "trigger the DAG"),
    Right.AWARD: _Asks("award_points", "POST", DagAccessEntity.RUN, "trigger the DAG"),
    Right.APPROVE: _Asks(
        "award_points", "PUT", DagAccessEntity.HITL_DETAIL, "answer required actions of the DAG"
    ),
    Right.UNPAUSE: _Asks("loyalty_sync", "PUT", None, "edit the DAG"),
    Right.EXPORT: _Asks("erase_person", "POST", DagAccessEntity.RUN, "trigger the DAG"),
}
"""Setting up goes by the store's connection to Gorgias instead: who may edit it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who asks for a page of a store, and what they may do there."""

    user_id: str
    name: str
    store: StoreSettings
    rights: frozenset[Right]
    away: StagingUnavailableError | None = None
    """Why the staging database could not be reached, for a page that does without."""

    @property
    def sees_addresses(self) -> bool:
        """Whether e-mail addresses are shown whole: to those who work with them, or to all."""
        works = self.rights & {Right.SETTLE, Right.AWARD, Right.APPROVE}
        return bool(works) or not self.store.desk.mask_emails

    @property
    def may_ask_now(self) -> bool:
        """Whether a page of theirs may take requests that awards and lookups need: who acts may."""
        return bool(self.rights - {Right.SEE, Right.UNPAUSE})

    def may(self, right: str) -> bool:
        return right in self.rights


class Needs:
    """Asks for a logged-in user with a right in the store of the path; answers with who it is.

    A store that somebody may not see is to them as unknown as one that is not there. What is there
    `before_staging` shows the store as the stores file has it, where nothing is remembered of it.

    Raises:
        HTTPException: 401 nobody is logged in, or not any more; 403 a token that is none.
        WebError: 404 no such store; 403 the user has not the right.
    """

    def __init__(self, right: Right, *, before_staging: bool = False) -> None:
        self.right = right
        self._before_staging = before_staging

    def __call__(self, request: Request, user: User) -> Visitor:
        store = stores_file().stores.get(request.path_params["store"])
        rights = rights_of(user, store) if store else frozenset()
        if store is None or Right.SEE not in rights:
            raise WebError(404, "There is no such store, or you may not see it.")
        if self.right not in rights:
            raise WebError(403, f"You may not {self.right} here: {_remedy(self.right, store)}")
        visitor = Visitor(user_id=user.get_id(), name=user.get_name(), store=store, rights=rights)
        try:
            return replace(visitor, store=in_force(store, staging_engine()))
        except CLOSED as error:
            if not self._before_staging:
                raise
            away = error if isinstance(error, StagingUnavailableError) else None
            return replace(visitor, away=away)


def administers(user: User) -> BaseUser:
    """Lets in who may set up a store that they see: for pages that are of no store.

    Raises:
        HTTPException: 401 nobody is logged in, or not any more; 403 a token that is none.
        WebError: 403 the user may not.
    """
    if any(Right.SET_UP in rights_of(user, store) for store in stores_seen_by(user)):
        return user
    raise WebError(
        403, "This page is for admins: it takes the permission to edit a store's connections."
    )


Seeing = Annotated[Visitor, Depends(Needs(Right.SEE))]
Settling = Annotated[Visitor, Depends(Needs(Right.SETTLE))]
Awarding = Annotated[Visitor, Depends(Needs(Right.AWARD))]
Approving = Annotated[Visitor, Depends(Needs(Right.APPROVE))]
Exporting = Annotated[Visitor, Depends(Needs(Right.EXPORT))]
SettingUp = Annotated[Visitor, Depends(Needs(Right.SET_UP))]
SeeingSetup = Annotated[Visitor, Depends(Needs(Right.SEE, before_staging=True))]
Testing = Annotated[Visitor, Depends(Needs(Right.SET_UP, before_staging=True))]
Administering = Annotated[BaseUser, Depends(administers)]


def rights_of(user: BaseUser, store: StoreSettings) -> frozenset[Right]:
    """What Airflow lets the user do in a store."""
    manager = get_auth_manager()
    found = {
        right
        for right, asks in ASKS.items()
        if manager.is_authorized_dag(
            method=asks.method,
            access_entity=asks.entity,
            details=_dag(f"{asks.family}__{store.name}"),
            user=user,
        )
    }
    connection = ConnectionDetails(conn_id=store.gorgias_conn_id)
    if manager.is_authorized_connection(method="PUT", details=connection, user=user):
        found.add(Right.SET_UP)
    return frozenset(found)


def stores_seen_by(user: BaseUser) -> list[StoreSettings]:
    """The stores that the user may see."""
    return [store for store in stores_file().stores.values() if Right.SEE in rights_of(user, store)]


def login_url(next_url: str) -> str:
    """Where Airflow lets people log in, to come back afterwards."""
    return get_auth_manager().get_url_login(next_url=next_url)


def secret_key() -> str:
    """What Airflow signs with; the same in every API server."""
    return str(conf.get("api", "secret_key"))


def _dag(dag_id: str) -> DagDetails:
    team = DagModel.get_team_name(dag_id) if conf.getboolean("core", "multi_team") else None
    return DagDetails(id=dag_id, team_name=team)


def _remedy(right: Right, store: StoreSettings) -> str:
    if right is Right.SET_UP:
        return f"it takes the permission to edit the connection {store.gorgias_conn_id}."
    asks = ASKS[right]
    return f"it takes the permission to {asks.words} {asks.family}__{store.name}."
