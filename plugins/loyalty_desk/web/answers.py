"""How the API says no: a status, one line, and a reason a field.

`message` is for people and comes first, as a button shows how an answer begins; `error` and
`fields` are for programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from loyalty_desk.errors import SettingsError, StagingUnavailableError, StorageError

CLOSED: Final = (
    StagingUnavailableError,
    StorageError,
    SettingsError,
    DBAPIError,
    PoolTimeoutError,
)
"""What is raised while staging or files cannot be used: nothing was done, and it may work later."""


class WebError(Exception):
    """An answer other than the wanted one; nothing was done.

    `message` says to people why; without one they read the reason of each field.
    """

    def __init__(
        self,
        status: int,
        error: str,
        *,
        fields: Mapping[str, str] | None = None,
        message: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status, self.error, self.message = status, error, message
        self.fields, self.headers = dict(fields or {}), dict(headers or {})
        super().__init__(error)

    def answer(self) -> JSONResponse:
        reasons = [f"{name.replace('_', ' ')}: {why}" for name, why in self.fields.items()]
        message = self.message or "; ".join(reasons)
        content: dict[str, Any] = {"message": f"Refused: {message}."} if message else {}
        content["error"] = self.error
        if self.fields:
            content["fields"] = self.fields
        return JSONResponse(content, self.status, self.headers)
