"""Finds out what Gorgias does not document, on a customer made for it and removed again.

Only what is safe on a live account: no ticket, no message, no rule is touched, and nothing is made
that cannot be deleted. What has to be seen by a person is listed with how.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Engine

from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.connect.probe_fields import FieldProbe
from loyalty_desk.errors import ApiError, BadConnectionError, MovedError
from loyalty_desk.gorgias.client import GorgiasClient
from loyalty_desk.gorgias.trial import TrialCustomers
from loyalty_desk.settings.stores_file import StoreSettings
from loyalty_desk.staging.store_state import StateKey, keep_state

VISIBLE_WITHIN_S: Final = 10.0
SIZES: Final = (10_000, 100_000)
EXAMPLE_DOMAIN: Final = "example.com"
"""Reserved by RFC 2606: no mail reaches anybody there."""
BY_HAND: Final = {
    "Where does a macro find the card?": "open the macro editor's variable list; set"
    " gorgias.macro_card_path",
    "Does the widget show what stands there?": "open a member's ticket; the page of connect says"
    " how to answer",
    "How is a widget's button stored?": "make it by hand, then connect --adopt-widget ID",
    "Does a widget made by API show at once?": "open a ticket; if not, drag it into place and save",
    "Does a write of ours count as ticket-updated?": "watch the integration's log in Gorgias; no"
    " loop can come of it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One question and what the account answered."""

    question: str
    answer: str


@dataclass(slots=True)
class Findings:
    """What a probe found out. `settings` are keys of the store's section `gorgias`."""

    found: list[Finding] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)

    def note(self, question: str, answer: str, **settings: Any) -> None:
        self.found.append(Finding(question=question, answer=answer))
        self.settings.update(settings)


def keep_findings(engine: Engine, store: str, findings: Findings, now: datetime) -> None:
    """Keep the answers as settings of the store; what a person set in the file goes before them."""
    content = {
        "found": [asdict(one) for one in findings.found],
        "settings": findings.settings,
    }
    with engine.begin() as connection:
        keep_state(connection, store, StateKey.ANSWERS, json.dumps(content), now)


class Probe:
    """Tries one account. Every wait is divided by `speed`. Raises what the client raises."""

    def __init__(
        self,
        store: StoreSettings,
        client: GorgiasClient,
        field_ids: Collection[int],
        *,
        speed: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._key, self._client, self._field_ids = store.gorgias.card_key, client, field_ids
        self._trial = TrialCustomers(client.transport)
        self._speed, self._sleep = speed, sleep
        self.findings = Findings()

    def run(self) -> Findings:
        """Ask everything; the customers are removed whatever happens."""
        with self._customer() as customer_id:
            if self._ask_landing_place(customer_id):
                self._ask_versions(customer_id)
                self._ask_sizes(customer_id)
                with self._customer() as other_id:
                    self._ask_merged(other_id, customer_id)
            self._ask_fields(customer_id)
        return self.findings

    @contextmanager
    def _customer(self) -> Iterator[int]:
        email = f"loyalty-desk-probe-{uuid4().hex}@{EXAMPLE_DOMAIN}"
        try:
            yield self._trial.create(email, "Loyalty Desk probe (remove me)")
        finally:
            # By its address too: an answer may have been lost after the customer was made.
            for found in self._client.find_customers_by_email(email):
                self._trial.delete(found.customer_id)

    def _ask_landing_place(self, customer_id: int) -> bool:
        """Where a card lands; False when Gorgias takes none."""
        question = "Where does customer data land?"
        content = uuid4().hex
        try:
            self._put(customer_id, content, utc_now())
        except (ApiError, BadConnectionError) as error:
            why = "refused: use push_to: [custom_fields], or an OAuth2 app"
            self.findings.note(question, f"{why} ({_status(error)})", widget_reads="integration")
            return False
        ends_at = time.monotonic() + VISIBLE_WITHIN_S / self._speed
        while (place := self._find(customer_id, content)) is None and time.monotonic() < ends_at:
            self._sleep(0.5 / self._speed)
        if place is None:
            answer = "nowhere that the API shows within 10 s"
            self.findings.note(question, answer, widget_reads="integration")
        elif place[0] == "external_data":
            self.findings.note(question, f"external_data of app {place[1]}", app_id=place[1])
        elif place == ("data",):
            self.findings.note(question, "data")
        else:
            self.findings.note(question, ".".join(place), widget_reads="integration")
        return place is not None

    def _ask_versions(self, customer_id: int) -> None:
        question = "Is a late write with an older version ignored?"
        now = utc_now() + timedelta(seconds=1)
        newer, older, equal = (uuid4().hex for _ in range(3))
        try:
            self._put(customer_id, newer, now)
            self._put(customer_id, older, now - timedelta(hours=1))
        except ApiError as error:
            answer = f"versions are refused ({_status(error)})"
            self.findings.note(question, answer, send_version=False)
            return
        is_ignored = self._find(customer_id, older) is None
        self.findings.note(question, "yes" if is_ignored else "no", send_version=is_ignored)
        self._put(customer_id, equal, now)
        is_taken = self._find(customer_id, equal) is not None
        self.findings.note("Is one with an equal version?", "no" if is_taken else "yes")

    def _ask_sizes(self, customer_id: int) -> None:
        for size in SIZES:
            try:
                self._put(customer_id, "x" * size, utc_now() + timedelta(seconds=2))
                answer = "yes"
            except ApiError as error:
                answer = f"no ({error.status})"
            self.findings.note(f"Are {size // 1000} kB of data taken?", answer)

    def _ask_fields(self, customer_id: int) -> None:
        probe = FieldProbe(self._client, customer_id, self._field_ids)
        for question, answer, settings in probe.run():
            self.findings.note(question, answer, **settings)

    def _ask_merged(self, source_id: int, target_id: int) -> None:
        question = "What comes of a write to a merged customer?"
        try:
            self._trial.merge(source_id, target_id)
        except (ApiError, BadConnectionError) as error:
            self.findings.note(question, f"not tried: merging is refused ({_status(error)})")
            return
        try:
            self._put(source_id, uuid4().hex, utc_now())
            self.findings.note(question, "taken, as if it were there")
        except MovedError:
            self.findings.note(question, "301, it moved")
        except ApiError as error:
            self.findings.note(question, str(error.status))

    def _put(self, customer_id: int, content: str, version: datetime) -> None:
        data = {self._key: {"probe": content}}
        self._client.put_customer_data(customer_id, data, utc_text(version))

    def _find(self, customer_id: int, content: str) -> tuple[str, ...] | None:
        """The path of keys under which the content shows."""
        wanted = {"probe": content}
        for name, held in self._client.get_raw_customer(customer_id).items():
            if not isinstance(held, Mapping):
                continue
            if held.get(self._key) == wanted:
                return (name,)
            for key, inner in held.items():
                if isinstance(inner, Mapping) and inner.get(self._key) == wanted:
                    return (name, str(key))
        return None


def _status(error: ApiError | BadConnectionError) -> str:
    return str(error.status) if isinstance(error, ApiError) else "by the role or scopes"
