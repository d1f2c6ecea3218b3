"""What is done to a ticket, by the API and by an agent alike, and that it happened."""

from typing import Any

from sandbox.gorgias.account import Account
from sandbox.gorgias.answers import MISSING, ApiError, not_found
from sandbox.gorgias.integrations import CREATED, MESSAGE_CREATED, UPDATED, happened
from sandbox.gorgias.ticket_store import FIRST_TICKET_ID

MESSAGE_NEEDS = {"channel", "via", "from_agent"}


def create(account: Account, fields: dict[str, Any], messages: list[dict[str, Any]]) -> int:
    """Add a ticket with its first messages and return the row."""
    row = account.tickets.create(fields, messages)
    last = account.tickets.messages(row)[-1]
    happened(account, CREATED, row, last)
    if account.ground.switches.ticket_create_fires_message_created:
        happened(account, MESSAGE_CREATED, row, last)
    return row


def update(account: Account, row: int, changes: dict[str, Any]) -> None:
    """Change fields, customer or tags of a ticket."""
    before = account.tickets.tag_ids(row)
    account.tickets.update(row, changes)
    _note_tags(account, row, before)
    happened(account, UPDATED, row)


def add_message(account: Account, row: int, body: dict[str, Any]) -> dict[str, Any]:
    """Add a reply or a note, and return it.

    Raises:
        ApiError: 400 when it lacks something, or an agent's message has no agent as its sender.
    """
    check_message(body)
    message = account.tickets.add_message(row, {**body, "sender": _sender(account, body)})
    happened(account, MESSAGE_CREATED, row, message)
    return message


def _note_tags(account: Account, row: int, before: list[int]) -> None:
    """Note which tags came and went."""
    after = account.tickets.tag_ids(row)
    for kind, changed in (
        ("added", [one for one in after if one not in before]),
        ("removed", [one for one in before if one not in after]),
    ):
        if changed:
            data = {f"tags_{kind}": changed}
            account.events.add(f"ticket-tags-{kind}", "Ticket", FIRST_TICKET_ID + row, data)


def find_tag_id(account: Account, reference: dict[str, Any], *, by_hand: bool = False) -> int:
    """Return the id of a tag named by `id` or `name`.

    An unknown name makes the tag for an agent at a page; over the API a switch says whether.

    Raises:
        ApiError: 404 when there is none.
    """
    if "id" in reference:
        tag = account.desk.tags.held.get(reference["id"])
    else:
        tag = account.desk.find_tag(reference["name"])
        if tag is None and (by_hand or account.ground.switches.tag_name_creates_tag):
            tag = account.desk.add_tag(reference["name"], None)
    if tag is None:
        raise not_found()
    return int(tag["id"])


def add_tags(account: Account, row: int, tag_ids: list[int]) -> None:
    """Add tags to a ticket."""
    update(account, row, {"tag_ids": list(dict.fromkeys(account.tickets.tag_ids(row) + tag_ids))})


def remove_tags(account: Account, row: int, tag_ids: list[int]) -> None:
    """Take tags off a ticket."""
    kept = [tag_id for tag_id in account.tickets.tag_ids(row) if tag_id not in tag_ids]
    update(account, row, {"tag_ids": kept})


def check_message(message: Any) -> None:
    """Refuse a message that lacks something.

    Raises:
        ApiError: 400.
    """
    if not isinstance(message, dict):
        raise ApiError(400, "The request has invalid fields.", {"messages": ["Not an object."]})
    wrong = {name: [MISSING] for name in MESSAGE_NEEDS if name not in message}
    if message.get("channel") == "internal-note":
        if message.get("receiver"):
            wrong["receiver"] = ["A note has no receiver."]
    elif message.get("mention_ids"):
        wrong["mention_ids"] = ["Only for notes."]
    if len(str(message.get("external_id") or "")) > 255:
        wrong["external_id"] = ["Longer than maximum length 255."]
    if wrong:
        raise ApiError(400, "The request has invalid fields.", wrong)


def _sender(account: Account, body: dict[str, Any]) -> Any:
    sender = body.get("sender")
    if body.get("channel") != "internal-note" and not body.get("from_agent"):
        return sender
    users = account.desk.users.held.values()
    reference = sender if isinstance(sender, dict) else {}
    for user in users:
        if reference.get("id") == user["id"] or reference.get("email") == user["email"]:
            return {"id": user["id"], "email": user["email"], "name": user["name"]}
    raise ApiError(400, "The request has invalid fields.", {"sender": ["Must be an agent."]})
