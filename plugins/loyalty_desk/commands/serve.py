"""`python -m loyalty_desk serve`: the API alone, for where Airflow's web server is out of reach."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from loyalty_desk.commands.command_line import flag
from loyalty_desk.errors import SettingsError
from loyalty_desk.settings.stores_file import stores_file

commands = typer.Typer()

LOOPBACK: Final = "127.0.0.1"

Connections = Annotated[
    int,
    typer.Option(
        help="Requests at once; beyond, the answer is 503, but for /health. Twice as many"
        " connections may be open; for a further one the longest idle one is closed.",
        min=1,
    ),
]
Drain = Annotated[
    float,
    typer.Option(
        help="Seconds to serve on after SIGTERM while /ready says no, so that a load balancer"
        " takes this process out.",
        min=0,
    ),
]


@commands.command("serve")
def serve_api(
    *,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 is every one of this machine.")
    ] = LOOPBACK,
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8090,
    root_path: Annotated[
        str | None,
        typer.Option(
            help="Path before /loyalty/ that the proxy leaves on;"
            " default: that of LOYALTY_DESK_PUBLIC_URL."
        ),
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(
            help="Address or network of a proxy whose X-Forwarded headers are believed; again for"
            " another. Without one, nobody's are."
        ),
    ] = None,
    connections: Connections = 1000,
    drain: Drain = 10,
    access_log: Annotated[
        bool, flag("--access-log", "Log each request: method, path and status, never a query.")
    ] = False,
) -> None:
    """Serve lookup, awards and webhooks alone: no pages, no Airflow web server."""
    from loyalty_desk.connect.urls import public_path  # noqa: PLC0415 - only here
    from loyalty_desk.staging.installed import staging_engine  # noqa: PLC0415
    from loyalty_desk.web.server import Serving, serve  # noqa: PLC0415

    staging_engine()  # says what is wrong with the database, while somebody looks
    if "" in stores_file().problems:
        raise SettingsError(stores_file().problems[""])
    own_path = public_path()  # loads Airflow's settings, and its logs with them
    serve(
        Serving(
            host=host,
            port=port,
            root_path=own_path if root_path is None else root_path.rstrip("/"),
            proxies=proxy or (),
            connections=connections,
            drain_s=drain,
            access_log=access_log,
        )
    )
