"""What Airflow loads: the desk, the API, and listeners for notes of DAG runs and for logs.

A task cannot write a note, the scheduler can: it takes the text that the task `report` returned.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

from loyalty_desk.orchestration import log_context, run_notes
from loyalty_desk.web.connection_test import PortlessTest
from loyalty_desk.web.mounted import LazyApp
from loyalty_desk.web.queries import QueriesHidden

# Airflow may be mounted below a path. Every Airflow process loads this: import nothing slow here.
MOUNTED_AT = urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
BELOW = "/loyalty"
DESK = f"{MOUNTED_AT}{BELOW}/desk"


class LoyaltyDeskPlugin(AirflowPlugin):
    name = "loyalty_desk"
    # Airflow reads these lists from the class.
    fastapi_apps = [  # noqa: RUF012
        {"app": LazyApp(), "url_prefix": BELOW, "name": "Loyalty Desk"}
    ]
    fastapi_root_middlewares = [  # noqa: RUF012
        {"middleware": PortlessTest, "name": "Test of connections without a port"},
        {"middleware": QueriesHidden, "kwargs": {"below": BELOW}, "name": "Loyalty Desk"},
    ]
    # Shown inside Airflow's own frame.
    external_views = [  # noqa: RUF012
        {
            "name": "Loyalty Desk",
            "href": DESK,
            "url_route": "loyalty-desk",
            "icon": f"{DESK}-static/icon.svg",
            "destination": "nav",
            "nav_top_level": True,
        }
    ]
    listeners = [run_notes, log_context]  # noqa: RUF012
