"""Makes and repairs what a connected account holds for a store, and remembers the ids."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now
from loyalty_desk.connect.compare import Action, Verb, Wanted, actions_for, unwanted
from loyalty_desk.connect.tokens import (
    find_grant,
    list_tokens,
    make_token,
    revoke_token,
    token_id_of,
)
from loyalty_desk.connect.vips import wanted_views
from loyalty_desk.connect.wanted import (
    Blueprint,
    authorization_of,
    wanted_fields,
    wanted_integration,
    wanted_macros,
    wanted_tags,
    wanted_widgets,
)
from loyalty_desk.connect.widgets import find_button
from loyalty_desk.errors import ApiError, BadConnectionError
from loyalty_desk.gorgias.made import LOOKUP_KEY, forget_object, known_objects, remember_object
from loyalty_desk.gorgias.objects import DEACTIVATED, AccountObjects, Body, Kind
from loyalty_desk.records import Opens
from loyalty_desk.staging.engine import reading

log = logging.getLogger(__name__)

BEARER: Final = "Bearer "
# Installations have tokens with this label; by another, connect would not find them again.
LABEL: Final = "Gorgias look-up, made by connect"
NEW_TOKEN: Final = f"{BEARER}(a new token)"
"""Stands for a token until the moment it is sent; it is shown nowhere."""


class Furnisher:
    """Brings the account to what the blueprint says. Not thread-safe; one run each.

    With `writes` false it only tells what it would do. It may be stopped at any point and run
    again: an object is found again by its id or its natural key.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        engine: Engine,
        objects: AccountObjects,
        *,
        writes: bool,
        by: str,
    ) -> None:
        self._blueprint, self._engine, self._objects = blueprint, engine, objects
        self._store = blueprint.store.name
        self._writes, self._by = writes, by

    def run(self) -> list[Action]:
        """Do all that is to be done, kind by kind; returns it, also what is as it should be."""
        return list(self._iter_done())

    def _iter_done(self) -> Iterator[Action]:
        yield from self._settle(Kind.TAG, wanted_tags(self._blueprint), self._held(Kind.TAG))
        fields = wanted_fields(self._blueprint)
        if fields or self._known(Kind.CUSTOM_FIELD):
            yield from self._settle(Kind.CUSTOM_FIELD, fields, self._held(Kind.CUSTOM_FIELD))
        integrations = self._held(Kind.INTEGRATION)
        authorization = self._authorization_in(integrations)
        integration = wanted_integration(self._blueprint, authorization)
        yield from self._settle(Kind.INTEGRATION, [integration], integrations)
        widgets = self._held(Kind.WIDGET)
        integration_id = self._known(Kind.INTEGRATION).get(LOOKUP_KEY)
        buttons = self._buttons_in(widgets)
        wanted = wanted_widgets(self._blueprint, integration_id, buttons)
        yield from self._settle(Kind.WIDGET, wanted, widgets)
        macros = wanted_macros(self._blueprint, integration_id)
        yield from self._settle(Kind.MACRO, macros, self._held(Kind.MACRO))
        views = wanted_views(self._blueprint.store)
        if views or self._known(Kind.VIEW):
            yield from self._settle(Kind.VIEW, views, self._held(Kind.VIEW))
        if self._writes:
            self._revoke_other_tokens()

    def _settle(
        self, kind: Kind, wanted: Sequence[Wanted], held: Sequence[Body]
    ) -> Iterator[Action]:
        known = self._known(kind)
        for one in wanted:
            if kind is Kind.TAG and one.key not in known and any(map(one.is_ours, held)):
                continue  # The merchant's own; it is used, and stays when we go.
            for action in actions_for(one, held, known.get(one.key)):
                yield self._do(action)
        for action in unwanted(kind, known, [one.key for one in wanted]):
            yield self._do(action)

    def _do(self, action: Action) -> Action:
        if not self._writes:
            return action
        try:
            gorgias_id = self._write(action)
        except (ApiError, BadConnectionError) as error:
            # An account may have but a few fields, and cards are shown without them too.
            if (action.kind, action.verb) != (Kind.CUSTOM_FIELD, Verb.CREATE):
                raise
            log.warning("there is no customer field of %r: %s", action.key, error)
            return replace(action, verb=Verb.DO_WITHOUT)
        if action.verb is Verb.REMOVE_UNWANTED:
            forget_object(self._engine, self._store, action.kind, action.key)
        elif action.verb is not Verb.REMOVE_DOUBLE:
            remember_object(self._engine, self._store, action.kind, action.key, gorgias_id)
        if action.verb is not Verb.KEEP:
            log.info("%s %s %s: %s", action.kind, action.key, gorgias_id, action.verb)
        return replace(action, gorgias_id=gorgias_id)

    def _write(self, action: Action) -> int:
        """Do the action in Gorgias; returns the id of its object."""
        kind, gorgias_id = action.kind, action.gorgias_id
        if gorgias_id is None:
            return self._objects.create(kind, self._sendable(action.body))
        if action.verb is Verb.RESTORE:
            self._objects.unarchive_macro(gorgias_id)
        if action.verb in {Verb.UPDATE, Verb.RESTORE}:
            body = self._sendable(action.body)
            if DEACTIVATED in action.changed:
                body = {**body, DEACTIVATED: None}
            self._objects.update(kind, gorgias_id, body)
        elif action.verb in {Verb.REMOVE_DOUBLE, Verb.REMOVE_UNWANTED}:
            self._objects.remove(kind, gorgias_id)
        return gorgias_id

    def _sendable(self, body: Body) -> Body:
        """The body with a new token where it says so; the token is kept before it is sent."""
        http: Mapping[str, Any] = body.get("http") or {}
        if http.get("headers") != {"Authorization": NEW_TOKEN}:
            return body
        with self._engine.begin() as connection:
            token = make_token(
                connection,
                self._store,
                utc_now(),
                label=LABEL,
                made_by=self._by,
                opens=Opens.LOOKUP,
            )
        return {**body, "http": {**http, "headers": {"Authorization": f"{BEARER}{token}"}}}

    def _held(self, kind: Kind) -> list[Body]:
        """All objects of a kind, ours also when the list leaves it out (an archived macro)."""
        held = self._objects.list_all(kind)
        listed = {row["id"] for row in held}
        for gorgias_id in self._known(kind).values():
            if gorgias_id not in listed and (found := self._objects.find(kind, gorgias_id)):
                held.append(found)
        return held

    def _authorization_in(self, integrations: Sequence[Body]) -> str:
        """What our integration sends now, if that is a token in use; else a word for a new one."""
        ours = wanted_integration(self._blueprint, NEW_TOKEN)
        known_id = self._known(Kind.INTEGRATION).get(LOOKUP_KEY)
        for row in integrations:
            if row["id"] == known_id or ours.is_ours(row):
                authorization = authorization_of(row)
                if self._is_good(authorization.removeprefix(BEARER)):
                    return authorization
        return NEW_TOKEN

    def _is_good(self, token: str) -> bool:
        with reading(self._engine) as connection:
            grant = find_grant(connection, token, utc_now())
            tokens = list_tokens(connection, self._store)
        if grant is None or grant.store != self._store or grant.opens is not Opens.LOOKUP:
            return False
        # One with an end is being replaced, and this is where the new one has to stand.
        return grant.token.token_id in {one.token_id for one in tokens if one.ends_at_utc is None}

    def _buttons_in(self, widgets: Sequence[Body]) -> dict[str, Mapping[str, Any]]:
        """The buttons that stand on our widgets: a repair leaves them as they are."""
        ids = {gorgias_id: context for context, gorgias_id in self._known(Kind.WIDGET).items()}
        return {
            ids[row["id"]]: find_button(row.get("template")) for row in widgets if row["id"] in ids
        }

    def _revoke_other_tokens(self) -> None:
        """Revoke tokens of ours that the integration does not send: their answer was lost."""
        known_id = self._known(Kind.INTEGRATION)[LOOKUP_KEY]
        row = self._objects.find(Kind.INTEGRATION, known_id) or {}
        used = token_id_of(authorization_of(row).removeprefix(BEARER))
        with self._engine.begin() as connection:
            tokens = list_tokens(connection, self._store)
            mine = [t for t in tokens if t.label == LABEL and t.revoked_at_utc is None]
            if used not in {token.token_id for token in mine}:
                return  # Gorgias does not show what it sends; revoking might cut it off.
            for token in mine:
                if token.token_id != used:
                    revoke_token(
                        connection, self._store, token.token_id, utc_now(), revoked_by=self._by
                    )

    def _known(self, kind: Kind) -> dict[str, int]:
        return known_objects(self._engine, self._store, kind)
