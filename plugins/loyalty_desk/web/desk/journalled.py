"""Has what was decided on a page reach the journal after the answer, which does not wait for it."""

from __future__ import annotations

from fastapi import Response
from starlette.background import BackgroundTask

from loyalty_desk.hooks.journal import try_to_keep_journal
from loyalty_desk.staging.installed import staging_engine


def journalled(response: Response) -> Response:
    response.background = BackgroundTask(try_to_keep_journal, staging_engine())
    return response
