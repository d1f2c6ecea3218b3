"""What must be right after a soak. Each function returns what is not, a line each."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from loyalty_desk.records import RunState
from loyalty_desk.staging.engine import reading
from loyalty_desk.staging.run_record import balance_problems, load_recent_records
from scripts.airflow_api import TaskState
from scripts.desk import Desk
from tests.cluster.shops import ENDED_AWARDS
from tests.flow.lists import all_tickets, answers_of, survivors_of_merges
from tests.oracle.cards import Card, differences, shown_cards
from tests.oracle.oracle import expected_cards
from tests.soak.shop import Shop

MOST_RUNS = 500
ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+\.\w+")
BOOKED_ONCE = {"applied"}
TRACEBACK = "Traceback (most recent call last)"
NOT_STARTED = "TI was not in a state where it could be marked as running"
"""Airflow's own: an answer to an approval came before its scheduler saw the task wait for it."""
FAILED = '"event":"Task failed with exception"'
"""In the line of a task's log that tells what it failed with."""
NEVER_BOOKED = {"refused", "rejected"}
DISCONNECTED = "is disconnected: nothing of it runs"
"""In the note, and in the errors, of a run that a disconnect turned away."""


def wrong_cards(shop: Shop, *, read_in_full: bool) -> Iterator[str]:
    """Customers whose card is not what follows from the platform and Gorgias as they are now.

    Before everything was `read_in_full` nothing is said of those with an address of somebody whom
    the platform deleted: few platforms tell of that.
    """
    customers = shop.in_gorgias("GET", "customers?limit=100000")["data"]
    wanted, shown = wanted_cards(shop, customers), shown_cards(customers)
    untold = set() if read_in_full else {one["id"] for one in customers if shop.is_untold(one)}
    for customer_id in sorted((wanted.keys() | shown.keys()) - untold):
        want, show = wanted.get(customer_id), shown.get(customer_id)
        # Who was a member once keeps a card that says that they are none.
        if want == show or (want is None and show is not None and not show["member"]):
            continue
        wrong = "; ".join(_differences(customer_id, want, show))
        yield f"{shop.name}, {wrong}" + "".join(
            f"\n    {line}" for line in shop.journal.about(shop.name, customer_id)
        )


def wanted_cards(shop: Shop, customers: list[dict[str, Any]]) -> dict[int, Card]:
    """The oracle's cards, and on top of them what people decided and who was erased."""
    answers = answers_of(shop.sandbox, shop.platform)
    members = [one for one in answers["data"] if str(one["id"]) not in shop.erased_members]
    emails = {str(member["id"]): member["email"] for member in members}
    links = {customer: emails.get(member) for customer, member in shop.linked.items()}
    decided = [
        customer | {"email": links.get(customer["id"]) or customer["email"]}
        for customer in customers
        if customer["id"] not in shop.erased_customers
    ]
    tickets, survivors = all_tickets(shop.sandbox), survivors_of_merges(shop.sandbox)
    told = answers | {"data": members}
    return expected_cards(told, decided, tickets, survivors, platform=shop.platform)


def _differences(customer_id: int, want: Card | None, show: Card | None) -> Iterator[str]:
    wanted, shown = ({} if card is None else {customer_id: card} for card in (want, show))
    return differences(wanted, shown)


def wrong_awards(shop: Shop) -> Iterator[str]:
    """Awards that were accepted and did not end, or were booked more often than they should be."""
    rows = shop.rows("SELECT award_id, state FROM awards WHERE store = :store")
    states = {row["award_id"]: row["state"] for row in rows}
    booked = times_booked(shop)
    for award_id in (one for one, store in shop.journal.awards.items() if store == shop.name):
        state, times = states.get(award_id, "lost"), booked[award_id]
        if state not in ENDED_AWARDS:
            yield f"{shop.name}: award {award_id} was accepted and is {state}"
        wanted = {1} if state in BOOKED_ONCE else {0} if state in NEVER_BOOKED else {0, 1}
        if times not in wanted:
            yield f"{shop.name}: award {award_id} is {state} and was booked {times} times"


def times_booked(shop: Shop) -> Counter[str]:
    """How often the platform's ledger holds each award."""
    entries = shop.on_platform("GET", "ledger")["data"]
    found: Counter[str] = Counter()
    for entry in entries:
        texts = (entry["internal_note"], entry["external_note"], entry["foreign_id"])
        found.update({one for text in texts for one in re.findall(r"ld:(\w+)", text or "")})
    return found


def wrong_runs(shop: Shop) -> Iterator[str]:
    """Syncs that are red, or of another colour than their record, and records that do not add up.

    Nothing but a refused key, and a disconnect, keeps a sync from its work here, so each other red
    one is wrong.
    """
    records = {record.run_id: record for record in records_of(shop)}
    rightly_red = 0
    for run in all_runs(shop, "loyalty_sync"):
        run_id, state = run["dag_run_id"], run["state"]
        record = records.get(run_id)
        said = "no record" if record is None else f"{record.state.value}: {record.failure}"
        is_turned_away = record is None and DISCONNECTED in (run["note"] or "")
        if state == "failed" and is_turned_away and was_out_of_service(shop, run):
            continue
        if (state == "success") != (record is not None and record.state == RunState.SUCCEEDED):
            yield f"{shop.name}: the sync {run_id} is {state}; its record says {said}"
        elif state != "success":
            print(f"{shop.name}: the sync {run_id} is {state}; its record says {said}")
            if f"{shop.platform}_{shop.name}" in said:
                rightly_red += 1
            else:
                yield f"{shop.name}: the sync {run_id} is {state} of what others did: {said}"
    if rightly_red != shop.refusals:
        yield f"{shop.name}: {rightly_red} syncs are red by a key refused {shop.refusals} times"
    for record in records.values():
        for problem in balance_problems(record):
            yield f"{shop.name}: run {record.run_id}: {problem}"


def tripped(shop: Shop) -> Iterator[str]:
    """Checks of our own code that failed: whatever others did meanwhile, no stage may be at fault.

    They set a row aside and leave the run green, so its colour does not tell.
    """
    query = (
        "SELECT run_id, expectation, failing_count, failing_ids FROM quality_results"
        " WHERE store = :store AND NOT passed AND says LIKE 'Tripwire%' ORDER BY run_id"
    )
    for row in shop.rows(query):
        yield (
            f"{shop.name}: {row['expectation']} failed for {row['failing_count']} rows of"
            f" {row['run_id']}: {row['failing_ids']}"
        )


def other_red_runs(shop: Shop, dags: tuple[str, ...]) -> Iterator[str]:
    """Runs of other DAGs that failed, with the task that did."""
    for dag in dags:
        run_logs = shop.desk.place.directory / "airflow" / "logs" / f"dag_id={dag}__{shop.name}"
        for run in all_runs(shop, dag):
            if run["state"] != "failed":
                continue
            tasks = shop.desk.api.get_tasks(f"{dag}__{shop.name}", run["dag_run_id"])
            logs = run_logs / f"run_id={run['dag_run_id']}"
            failed = [log_path(task) for task in tasks if task.state == "failed"]
            errors = {str(path): read_error(logs / path) for path in failed}
            is_turned_away = all(DISCONNECTED in error for error in errors.values())
            if errors and is_turned_away and was_out_of_service(shop, run):
                continue
            yield f"{dag}__{shop.name} is red: {errors}; its logs are in {logs}"


def was_out_of_service(shop: Shop, run: dict[str, Any]) -> bool:
    """Whether the run met a disconnect, or the time until the store was connected again."""
    began, ended = (
        datetime.fromisoformat(run[key]).timestamp() for key in ("start_date", "end_date")
    )
    return any(
        shop.journal.was_doing(feature, shop.name, began, ended)
        for feature in ("disconnect", "connect")
    )


def log_path(task: TaskState) -> Path:
    """Where Airflow keeps the log of a task's last attempt, below the folder of its run."""
    folder = Path(f"task_id={task.name}")
    if task.part is not None:
        folder /= f"map_index={task.part}"
    return folder / f"attempt={task.attempt}.log"


def read_error(log: Path) -> str:
    """What a task failed with, by its log."""
    if not log.exists():
        return "no log"
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if FAILED in line]
    if not lines:
        return "no error"
    error = json.loads(lines[-1])["error_detail"][0]
    return f"{error['exc_type']}: {error['exc_value']}"


def all_runs(shop: Shop, dag: str) -> list[dict[str, Any]]:
    return shop.desk.api.list_runs(f"{dag}__{shop.name}", MOST_RUNS)


def records_of(shop: Shop) -> list[Any]:
    newest = shop.rows("SELECT run_id FROM runs WHERE store = :store ORDER BY started_at_utc DESC")
    if not newest:
        return []
    with reading(shop.desk.engine) as connection:
        return list(load_recent_records(connection, shop.name, newest[0]["run_id"], MOST_RUNS))


def wrong_logs(desk: Desk, shops: Sequence[Shop]) -> Iterator[str]:
    """Tracebacks of the services, and what may be in no log: addresses and what gives access."""
    secrets, addresses = secrets_of(shops), addresses_of(shops)
    folders = (desk.place.log_dir, desk.place.directory / "airflow" / "logs")
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        text = path.read_text(encoding="utf-8", errors="replace")
        yield from (f"{path}: holds {what}" for secret, what in secrets.items() if secret in text)
        if not addresses.isdisjoint(found.lower() for found in ADDRESS.findall(text)):
            yield f"{path}: holds a shopper's address"
        if text.count(TRACEBACK) > text.count(NOT_STARTED):
            yield f"{path}: a traceback"


def secrets_of(shops: Sequence[Shop]) -> dict[str, str]:
    """What gives access, and what it is."""
    found: dict[str, str] = {}
    for shop in shops:
        gorgias, loyalty = shop.sandbox.gorgias, shop.sandbox.credentials[shop.platform]
        found |= {gorgias["api_key"]: "a key of Gorgias", loyalty["api_key"]: "a platform's key"}
        found |= dict.fromkeys(shop.made_tokens, "a token")
    return found


def addresses_of(shops: Sequence[Shop]) -> set[str]:
    """Every address that a member ever had or a customer has, as a log would show it."""
    found = {email for shop in shops for email in shop.holders}
    for shop in shops:
        customers = shop.in_gorgias("GET", "customers?limit=100000")["data"]
        found |= {one["email"].strip().lower() for one in customers if one["email"]}
    return found
