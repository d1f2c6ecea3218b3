"""Forms of the desk: read within limits, and only when they come from a page of ours.

A browser sends Airflow's cookie along with whatever another site posts here. So each form carries
a value that is signed for its user, which no other site can know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Final

from fastapi import Depends, Request
from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from loyalty_desk.web.answers import WebError
from loyalty_desk.web.rights import User, secret_key

FIELD: Final = "form_token"
MOST_BYTES: Final = 2_000_000
MOST_FIELDS: Final = 300
LIVES_S: Final = 12 * 3600
STALE: Final = "This form is too old, or not of this page. Go back, reload the page and try again."


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in: each field with its values, and the files."""

    fields: Mapping[str, list[str]]
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    """Name and content of each file, by its field."""

    def get(self, name: str) -> str:
        """The field's one value without spaces around it; empty when it is not there."""
        values = self.fields.get(name, [])
        return values[0].strip() if len(values) == 1 else ""

    def all(self, name: str) -> list[str]:
        return self.fields.get(name, [])


def form_token(user_id: str) -> str:
    """A value for a form of this user's pages."""
    return _signer().dumps(user_id)


async def read_form(request: Request, user: User) -> Form:
    """Read a form that a page of ours gave this user.

    Raises:
        WebError: 403 it is not from a page of ours, 411 without a length, 413 too large, 400 not a
            form.
    """
    if is_of_another_site(request):
        raise WebError(403, "This form was sent by another site. Nothing was done.")
    form = await _read(request)
    try:
        owner = _signer().loads(form.get(FIELD), max_age=LIVES_S)
    except BadData:
        raise WebError(403, STALE) from None
    if owner != user.get_id():
        raise WebError(403, STALE)
    return form


def is_of_another_site(request: Request) -> bool:
    """Whether a page of another site made the browser ask, as it says itself."""
    return request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}


OwnForm = Annotated[Form, Depends(read_form)]


async def _read(request: Request) -> Form:
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        raise WebError(411, "The form came without its length.")
    if len(length) > 9 or int(length) > MOST_BYTES:
        raise WebError(413, f"The form is larger than {MOST_BYTES:,} bytes.")
    fields: dict[str, list[str]] = {}
    files = {}
    try:
        sent = request.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=MOST_BYTES)
        async with sent as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files[name] = (value.filename or "", await value.read())
                else:
                    fields.setdefault(name, []).append(value)
    except (MultiPartException, UnicodeDecodeError):
        raise WebError(400, "This is not a form.") from None
    if any("\0" in value for values in fields.values() for value in values):
        raise WebError(400, "The form holds a character that no text has.")
    return Form(fields, files)


@cache
def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key(), salt="loyalty-desk-form")
