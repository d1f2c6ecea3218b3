"""What the DAGs' tasks and the command line call: one function a step of connect and disconnect."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine

from loyalty_desk.card.shown import FORM
from loyalty_desk.clock import utc_now
from loyalty_desk.connect import button, checks, disconnect, pauses
from loyalty_desk.connect.adopt import adopt_button, find_adopted, sends_json
from loyalty_desk.connect.button import ButtonField
from loyalty_desk.connect.clear import CardRemover
from loyalty_desk.connect.compare import Action, Verb
from loyalty_desk.connect.disconnect import REMOVED_FIRST, REMOVED_LAST, Left, Waiting
from loyalty_desk.connect.furnish import Furnisher
from loyalty_desk.connect.page import write_page
from loyalty_desk.connect.probe import Findings, Probe, keep_findings
from loyalty_desk.connect.urls import AWARDS_PATH, LOOKUP_PATH, public_url
from loyalty_desk.connect.vips import check_tag
from loyalty_desk.connect.wanted import Blueprint
from loyalty_desk.errors import BadConnectionError, ConnectError
from loyalty_desk.folders import UNUSABLE, Folder, filled, why_unusable
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.fields import planned_fields
from loyalty_desk.gorgias.made import known_objects
from loyalty_desk.gorgias.objects import AccountObjects, Kind
from loyalty_desk.hooks.connections import (
    capabilities,
    gorgias_account,
    gorgias_client,
    secrets_cipher,
)
from loyalty_desk.hooks.folders import own_folder
from loyalty_desk.hooks.journal import try_to_keep_journal
from loyalty_desk.macros.templates import macros_of
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.records import Cause, CauseKind
from loyalty_desk.routing.ledger import count_priorities, forget_tags
from loyalty_desk.settings.stores_file import StoreSettings, installation, stores_file
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.installed import staging_engine
from loyalty_desk.staging.journal import Event, write_entry
from loyalty_desk.staging.store_state import StateKey, find_state, forget_state, keep_state
from loyalty_desk.staging.stores import (
    check_card_place,
    claim_card_place,
    find_stores_beside,
    in_force,
)
from loyalty_desk.staging.turns import hold_store

log = logging.getLogger(__name__)

INSTEAD: Final = "Setup on the desk has the button's values as well"


@dataclass(frozen=True, slots=True, kw_only=True)
class Furnished:
    """What connect did, or would do, and the page that says how to go on."""

    actions: list[Action]
    page: Folder | None
    next_step: str = ""
    """Where the page is, or why there is none; empty when nothing was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonToMake:
    """What a person enters in Gorgias, on a widget of ours; `path` is below our public address."""

    widget_id: int
    label: str
    path: str
    fields: tuple[ButtonField, ...]
    content_type: str = button.CONTENT_TYPE


def check(store_name: str) -> list[checks.Check]:
    """See what works on both accounts; writes nothing."""
    store, engine = _open_store(store_name)
    return checks.check_accounts(store, engine)


def probe(store_name: str) -> Findings:
    """Find out what Gorgias does not document and keep the answers as settings of the store."""
    store, engine, client = _open(store_name)
    fields = known_objects(engine, store.name, Kind.CUSTOM_FIELD).values()
    findings = Probe(store, client, fields, speed=installation().speed).run()
    keep_findings(engine, store.name, findings, utc_now())
    return findings


def buttons_to_make(engine: Engine, store_name: str, reason: str) -> tuple[ButtonToMake, ...]:
    """The buttons that award points and take them back, for the widget beside a ticket."""
    widget_id = known_objects(engine, store_name, Kind.WIDGET)["ticket"]
    made = (
        (button.LABEL, AWARDS_PATH, button.fields(reason)),
        (button.TAKE_BACK_LABEL, button.take_back_url(AWARDS_PATH), button.TAKE_BACK_FIELDS),
    )
    return tuple(
        ButtonToMake(widget_id=widget_id, label=label, path=path, fields=fields)
        for label, path, fields in made
    )


def adopt(store_name: str, widget_id: int) -> None:
    """Keep the button of a widget made by hand; raises ConnectError when there is none."""
    store, engine, client = _open(store_name)
    objects = AccountObjects(client.transport)
    adopted = adopt_button(engine, store.name, objects, widget_id, secrets_cipher(), utc_now())
    log.info("the button of widget %d is kept", widget_id)
    if sends_json(adopted):
        log.warning(
            "a button of widget %d sends JSON: see that agents are asked for the amount, and else"
            " make it with the content type %s",
            widget_id,
            button.CONTENT_TYPE,
        )


def furnish(store_name: str, *, writes: bool, by: str) -> Furnished:
    """Make and repair what the account holds for the store, and put the store into service.

    With `writes` false nothing is changed anywhere.

    Raises:
        SettingsError: another store of the account has its cards in the same place.
        ConnectError: routing's tag is not its own, and nothing was changed; or the DAGs of a store
            that was disconnected could not be unpaused.
    """
    store, engine, client = _open(store_name)
    address = public_url()
    blueprint = Blueprint(
        store=store,
        lookup_url=f"{address}{LOOKUP_PATH}",
        card_keys=capabilities(store).card_keys,
        macros=macros_of(installation().macros_dir, store),
        button=find_adopted(engine, store.name, secrets_cipher),
        fields=planned_fields(engine, store),
        sign=_sign(store),
    )
    _check_routing(blueprint)
    see_to_place = claim_card_place if writes else check_card_place
    see_to_place(engine, store, gorgias_account(store))
    objects = AccountObjects(client.transport)
    actions = Furnisher(blueprint, engine, objects, writes=writes, by=by).run()
    if not writes:
        return Furnished(actions=actions, page=None)
    if any(_is_new_tag(action, store) for action in actions):
        forget_tags(engine, store.name)  # the one of before is gone, and with it from tickets
    page, next_step = _write_page(blueprint, actions, f"{address}{AWARDS_PATH}")
    if store.widgets_read_place:
        with engine.begin() as connection:
            keep_state(connection, store.name, StateKey.CARD_FORM, FORM, utc_now())
    _open_again(engine, store.name)
    return Furnished(actions=actions, page=page, next_step=next_step)


def close(
    store_name: str, *, waiting: Waiting, by: str, holder: str | None = None, waits: bool = False
) -> int:
    """Take the store out of service when its turn comes, and pause its DAGs; returns awards parked.

    Raises as `hold_store` and `disconnect.close_store`.
    """
    store, engine = _open_store(store_name)
    with hold_store(engine, store, "disconnect", holder=holder, waits=waits):
        parked = disconnect.close_store(engine, store.name, waiting, by, utc_now())
    try_to_keep_journal(engine)
    try:  # clearing cards may take days, in which each run that starts by itself would be red
        pauses.set_paused(store.name, paused=True)
    except ConnectError as error:  # tried again in the end, and listed then
        log.warning("%s", error)
    return parked


def remove_shown(store_name: str) -> list[Left]:
    """Remove what agents see, and what feeds it; returns what stays."""
    store, engine, client = _open(store_name)
    objects = AccountObjects(client.transport)
    return list(disconnect.remove_objects(engine, store.name, objects, REMOVED_FIRST))


def clear_cards(store_name: str) -> int:
    """Clear every card in Gorgias, inside the budget; goes on where it stopped."""
    store, engine, client = _open(store_name)
    cause = Cause(kind=CauseKind.DISCONNECT)
    return CardRemover(store=store, engine=engine, client=client, cause=cause).clear_all()


def finish(store_name: str, *, by: str, cards_stay: bool) -> list[Left]:
    """Revoke the tokens, remove the rest, pause the DAGs; returns what stays, and why.

    Customer fields are cards too: they stay when cards do.
    """
    store, engine, client = _open(store_name)
    revoked = disconnect.revoke_tokens(engine, store.name, by, utc_now())
    log.info("%d tokens are revoked", revoked)
    try_to_keep_journal(engine)
    objects = AccountObjects(client.transport)
    kinds = (Kind.TAG,) if cards_stay else REMOVED_LAST
    left: list[Left] = []
    spared: set[str] = set()
    if beside := find_stores_beside(engine, store.name, at_place=False):
        # Theirs are the same ones, which they found there; but for routing each has its own.
        spared = known_objects(engine, store.name, Kind.TAG).keys() - {store.routing_tag}
        left.append(Left(what="tags", why=f"store {', '.join(beside)} has them too"))
    left += disconnect.remove_objects(engine, store.name, objects, kinds, spared_tags=spared)
    forget_tags(engine, store.name)
    if routed := count_priorities(engine, store.name):
        why = "given by routing; agents work by it, so it stays"
        left.append(Left(what=f"the priority of {routed} open tickets", why=why))
    if fields := known_objects(engine, store.name, Kind.CUSTOM_FIELD):
        left.append(Left(what=f"{len(fields)} customer fields", why="they stay with the cards"))
    cards = disconnect.count_cards(engine, store.name)
    if cards:
        why = "asked to stay" if cards_stay else "written meanwhile; disconnect once more"
        left.append(Left(what=f"{cards} cards in Gorgias", why=why))
    try:
        pauses.set_paused(store.name, paused=True)
    except ConnectError as error:
        left.append(Left(what="DAGs that are not paused", why=str(error)))
    platform = platform_class(store.platform).title
    left += [
        Left(what=f"webhooks at {platform}", why=f"remove them in {platform}'s settings"),
        Left(what="Airflow connections", why=f"{store.gorgias_conn_id}, {store.platform_conn_id}"),
        Left(what="staging data", why="kept for the audit and for a later connect"),
    ]
    return left


def _write_page(
    blueprint: Blueprint, actions: list[Action], awards_url: str
) -> tuple[Folder | None, str]:
    """The page, if it could be written, and what to say of it: it is only for reading."""
    name = f"{blueprint.store.name}.html"
    try:
        pages = own_folder("connect")
        with filled(pages) as folder:
            write_page(folder / name, blueprint, actions, awards_url, utc_now())
    except UNUSABLE as error:
        log.warning("%s", why := why_unusable(error))
        return None, f"The page that says how to go on could not be written: {why}. {INSTEAD}"
    return pages / name, f"How to go on, with the button's values: {pages / name}"


def _check_routing(blueprint: Blueprint) -> None:
    store = blueprint.store
    if store.routing.rules:
        macro_tags = {tag for macro in blueprint.macros for tag in macro.tags}
        check_tag(store, macro_tags, _stores_with_the_tag(store))


def _stores_with_the_tag(store: StoreSettings) -> list[str]:
    """The stores that route by the same tag in the same account."""
    return [
        other.name
        for other in _others_in_account(store)
        if other.routing.rules and other.routing_tag == store.routing_tag
    ]


def _sign(store: StoreSettings) -> str | None:
    """By what agents tell the store from others in its account: the programme's name, if it can."""
    beside = _others_in_account(store)
    if not beside:
        return None
    name = store.gorgias.field_label_prefix
    is_shared = not name or name in {other.gorgias.field_label_prefix for other in beside}
    return store.name if is_shared else name


def _others_in_account(store: StoreSettings) -> list[StoreSettings]:
    """The other stores of the stores file that are in the same Gorgias account."""
    found, account = [], gorgias_account(store)
    for other in stores_file().stores.values():
        if other.name == store.name:
            continue
        try:
            if gorgias_account(other) == account:
                found.append(other)
        except BadConnectionError:
            continue  # It is in no account yet.
    return found


def _is_new_tag(action: Action, store: StoreSettings) -> bool:
    is_routings = (action.kind, action.key) == (Kind.TAG, store.routing_tag)
    return is_routings and action.verb is Verb.CREATE


def _open_store(store_name: str) -> tuple[StoreSettings, Engine]:
    """The store also while it is disconnected: it may be connected again."""
    engine = staging_engine()
    return in_force(stores_file().get(store_name), engine), engine


def _open(store_name: str) -> tuple[StoreSettings, Engine, GorgiasClient]:
    store, engine = _open_store(store_name)
    return store, engine, gorgias_client(store, engine, urgent=True)


def _open_again(engine: Engine, store: str) -> None:
    with reading(engine) as connection:
        if find_state(connection, store, StateKey.DISCONNECTED) is None:
            return
    with engine.begin() as connection:
        forget_state(connection, store, StateKey.DISCONNECTED)
        write_entry(connection, store, Event.CONNECTED, {}, utc_now())
    try_to_keep_journal(engine)
    pauses.set_paused(store, paused=False)
