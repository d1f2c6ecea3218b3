"""A file of awards on the desk, as a browser sends it: previewed, then as its form has it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from tests.http.desk import DeskClient

HEAD = "member_id,amount,reason\n"
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_CONTENT = re.compile(r'<textarea name="content"[^>]*>\n(.*?)</textarea>', re.DOTALL)


def preview_of(user: DeskClient, content: str | bytes, **fields: str) -> str:
    """The page that shows what the file would do."""
    file = {"file": ("gifts.csv", content, "text/csv")}
    return user.post("/awards/import", {"action": "preview", **fields}, files=file).text


def form_of(preview: str) -> dict[str, Any]:
    """What the button under a preview sends."""
    shown = _CONTENT.search(preview)
    assert shown is not None, preview
    form = preview[preview.index('/awards/import">') : shown.start()]
    fields = {name: unescape(value) for name, value in _HIDDEN.findall(form)}
    return {"action": "import", **fields, "content": unescape(shown[1])}
