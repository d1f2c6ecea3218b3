"""`python -m loyalty_desk sync`: a run without Airflow's scheduler."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from loyalty_desk.clock import utc_now
from loyalty_desk.commands.command_line import StoreName
from loyalty_desk.settings.run_params import RunParams

commands = typer.Typer()


def _param(name: str, **more: Any) -> Any:
    """The flag of a param of a run."""
    flag, text = f"--{name.replace('_', '-')}", RunParams.model_fields[name].description
    return typer.Option(flag, help=text, **more)


@commands.command("sync")
def run_sync(
    *,
    store: StoreName,
    dry_run: Annotated[bool, _param("dry_run")] = False,
    full_resync: Annotated[bool, _param("full_resync")] = False,
    release_brake: Annotated[bool, _param("release_brake")] = False,
    limit: Annotated[int | None, _param("limit", min=0)] = None,
) -> None:
    """Run one sync here and now, as the DAG would."""
    from loyalty_desk.tasks import sync  # noqa: PLC0415 - slow to import

    params = RunParams(
        dry_run=dry_run, full_resync=full_resync, release_brake=release_brake, limit=limit
    )
    sync.run_all(store, f"command__{utc_now().isoformat()}", params.model_dump())
