"""Pausing the DAGs of a store. An adapter: a task may not touch Airflow's database, so it asks the
REST API, by the connection `loyalty_desk_airflow`; the command line may ask Airflow's own.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Final

import requests

from loyalty_desk.connect.families import BY_HAND, WHEN_PAUSED, dag_of, pattern
from loyalty_desk.errors import BadConnectionError, ConnectError
from loyalty_desk.hooks.found import Found, find_login

log = logging.getLogger(__name__)

CONN_ID: Final = "loyalty_desk_airflow"
FAMILIES: Final = tuple(family for family in WHEN_PAUSED if family not in BY_HAND)
"""What works on its own; connecting and disconnecting stay possible."""
TIMEOUT_S: Final = 30.0


def set_paused(store: str, *, paused: bool) -> None:
    """Pause or unpause the DAGs of a store.

    Raises:
        ConnectError: this process may not; the message has the command to run.
    """
    dag_ids = [dag_of(family, store) for family in FAMILIES]
    try:
        found = find_login(CONN_ID)
        session = found.session()
    except BadConnectionError:
        done = _by_command(dag_ids, paused=paused)
    else:
        done = _by_api(found, session, dag_ids, paused=paused)
    if not done:
        verb = _verb(paused=paused)
        commands = "; ".join(f"airflow dags {verb} -y {dag_id}" for dag_id in dag_ids)
        raise ConnectError(
            f"{verb} the DAGs by hand, or add an Airflow connection {CONN_ID!r} with the address"
            f" and a login of this Airflow: {commands}"
        )


def _verb(*, paused: bool) -> str:
    return "pause" if paused else "unpause"


def _by_api(found: Found, session: requests.Session, dag_ids: list[str], *, paused: bool) -> bool:
    """Ask the REST API; False when it refuses or does not answer."""
    session.auth = None  # a token it is, and the login is in the body
    with session:
        try:
            answer = session.post(
                f"{found.base_url}/auth/token",
                json={"username": found.login, "password": found.password},
                timeout=TIMEOUT_S,
            )
            token = answer.json().get("access_token", "")
            answers = [
                session.patch(
                    f"{found.base_url}/api/v2/dags/{dag_id}",
                    params={"update_mask": "is_paused"},
                    json={"is_paused": paused},
                    headers={"Authorization": f"Bearer {token}"},
                    timeout=TIMEOUT_S,
                )
                for dag_id in dag_ids
            ]
        except (requests.RequestException, ValueError) as error:
            # Its text would name the address; the kind of failure is enough.
            log.warning("this Airflow's API did not answer (%s)", type(error).__name__)
            return False
    refused = [answer.status_code for answer in answers if not answer.ok]
    if refused:
        log.warning("this Airflow's API refused: %s", refused)
    return not refused


def _by_command(dag_ids: list[str], *, paused: bool) -> bool:
    """Ask Airflow's own command; False where it may not reach the database, as in a task."""
    command = [sys.executable, "-m", "airflow", "dags", _verb(paused=paused), "-y"]
    command += ["--treat-dag-id-as-regex", pattern(dag_ids)]
    found = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own words
    return found.returncode == 0
