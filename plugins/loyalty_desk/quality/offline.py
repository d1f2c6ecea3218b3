"""Makes GX's Data Docs a site that stands alone: no script, style, font or picture from elsewhere.

As GX writes them, the pages load a dozen files from five public hosts in the reader's browser,
which tells those hosts who reads which report, and does not work on a closed network.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

_EXTERNAL: Final = re.compile(
    r"<script\b[^>]*>.*?</script>"
    r"|<link\b[^>]*\bhttps?://[^>]*>"
    r"|<img\b[^>]*>"
    r"|<iframe\b[^>]*>.*?</iframe>",
    re.DOTALL | re.IGNORECASE,
)
_OUTSIDE_LINK: Final = re.compile(r"<a\b[^>]*\bhref=\"https?://[^>]*>(.*?)</a>", re.DOTALL)
_UNUSED: Final = ("static/images", "static/fonts")
_STYLE: Final = """<meta name="color-scheme" content="light dark">
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem }
td, th { border: 1px solid #8886; padding: .35rem .6rem; text-align: left; vertical-align: top }
th { background: #8882 }
td, pre, code { overflow-wrap: anywhere; white-space: pre-wrap }
table table, td div { margin: 0 }
.show-hide-icon, .navbar-toggler, .fas, .btn { display: none }
ul { padding-left: 1.2rem }
</style>
"""


def make_offline(folder: Path) -> None:
    """Rewrite every page in the folder, and take away files that no page uses any more."""
    for page in folder.rglob("*.html"):
        page.write_text(_without_outside(page.read_text(encoding="utf-8")), encoding="utf-8")
    for name in _UNUSED:
        shutil.rmtree(folder / name, ignore_errors=True)


def _without_outside(html: str) -> str:
    html = _OUTSIDE_LINK.sub(r"\1", _EXTERNAL.sub("", html))
    return html.replace("</head>", f"{_STYLE}</head>", 1)
