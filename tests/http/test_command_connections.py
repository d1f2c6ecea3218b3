"""A command finds the connection that Airflow's pages or its command line put into its database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine

from sandbox.running import Sandbox
from tests.airflow_home import migrated

CONN_ID = "rivo_kept"


@pytest.fixture
def kept(sandbox: Sandbox) -> None:
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session

    migrated()
    fields = {"host": sandbox.rivo_url, "password": sandbox.rivo["api_key"]}
    with create_session() as session:
        session.merge(Connection(conn_id=CONN_ID, conn_type="rivo", port=0, **fields))


def test_a_command_reads_connections_of_airflows_database(
    kept: None, one_staging: Engine, tmp_path: Path
) -> None:
    stores = tmp_path / "stores.yaml"
    content = {"stores": {"kept": {"platform": "rivo"}}}
    stores.write_text(yaml.safe_dump(content), encoding="utf-8")
    command = [sys.executable, "-m", "loyalty_desk", "platform", "check", "--store", "kept"]

    done = subprocess.run(
        command,
        env={
            **os.environ,
            "LOYALTY_DESK_STORES_FILE": str(stores),
            "LOYALTY_DESK_STAGING_URL": one_staging.url.render_as_string(hide_password=False),
            "LOYALTY_DESK_VAR_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert "Rivo, store kept: lists members: yes" in done.stdout, done.stderr[-500:]
