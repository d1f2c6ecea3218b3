"""The web application that the plugin mounts at `/loyalty` on Airflow's API server."""

from __future__ import annotations

from fastapi import FastAPI

from loyalty_desk.web.api import make_api
from loyalty_desk.web.desk import (
    award_files,
    awards,
    batches,
    components,
    customers,
    export,
    files,
    goodwill,
    incidents,
    member_files,
    mismatches,
    new_award,
    overview,
    quality,
    run_changes,
    setup,
    tokens,
)


def make_app() -> FastAPI:
    """Build the application: the API, and the desk for people."""
    app = make_api()
    # A new award goes before an award by its id.
    awarding = (new_award, award_files, incidents, awards, batches)
    # The changes of a run go before a file of it by its name.
    for place in (
        files,
        run_changes,
        components,  # else it would be taken for a store
        overview,
        mismatches,
        *awarding,
        goodwill,
        customers,
        export,
        quality,
        member_files,
        setup,
        tokens,
    ):
        app.include_router(place.router)
    return app
