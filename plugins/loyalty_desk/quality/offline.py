"""Makes GX's Data Docs a site that stands alone: no script, style, font or picture from elsewhere.

As GX writes them, the pages load a dozen files from five public hosts in the reader's browser,
which tells those hosts who reads which report, and does not work on a closed network. GX's start
page is built by such a script, so we write our own in its place.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from loyalty_desk.quality.steps import CheckResult

_EXTERNAL: Final = re.compile(
    r"<script\b[^>]*>.*?</script>"
    r"|<link\b[^>]*\bhttps?://[^>]*>"
    r"|<img\b[^>]*>"
    r"|<footer\b[^>]*>.*?</footer>",
    re.DOTALL | re.IGNORECASE,
)
_OUTSIDE_LINK: Final = re.compile(r"<a\b[^>]*\bhref=\"https?://[^>]*>(.*?)</a>", re.DOTALL)
_UNUSED: Final = ("static/images", "static/fonts")
_HEAD: Final = """<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem }
caption { text-align: left; padding: .5rem 0 }
td, th { border: 1px solid #8886; padding: .35rem .6rem; text-align: left; vertical-align: top }
th { background: #8882 }
td { overflow-wrap: anywhere }
td p, td div, td ul { margin: 0 }
pre, code { overflow-wrap: anywhere; white-space: pre-wrap }
.show-hide-icon, .navbar-toggler, .fas, .btn { display: none }
</style>
"""


def make_offline(
    folder: Path, title: str, sentences: Sequence[str], results: Sequence[CheckResult]
) -> None:
    """Rewrite every page in the folder, and take away files that no page uses any more.

    `sentences` say what each of `results` is about, in their order.
    """
    for page in folder.rglob("*.html"):
        page.write_text(_without_outside(page.read_text(encoding="utf-8")), encoding="utf-8")
    for name in _UNUSED:
        shutil.rmtree(folder / name, ignore_errors=True)
    index = _index(folder, title, zip(sentences, results, strict=True))
    (folder / "index.html").write_text(index, encoding="utf-8")


def _without_outside(html: str) -> str:
    html = _OUTSIDE_LINK.sub(r"\1", _EXTERNAL.sub("", html))
    return html.replace("</head>", f"{_HEAD}</head>", 1)


def _word(result: CheckResult) -> str:
    if not result.is_judged:
        return "no rows"
    return "passed" if result.passed else "FAILED"


def _index(folder: Path, title: str, checks: zip[tuple[str, CheckResult]]) -> str:
    rows = [
        "<tr>"
        f"<td>{_word(result)}</td><td>{escape(result.severity)}</td>"
        f'<th scope="row">{escape(sentence)}</th><td>{escape(result.expectation)}</td>'
        f"<td>{result.failing_count:,}</td></tr>"
        for sentence, result in checks
    ]
    pages = sorted((folder / "validations").rglob("*.html"))
    links = [
        f'<li><a href="{escape(page.relative_to(folder).as_posix())}">'
        f"{escape(page.stem.removeprefix('staging-').replace('_', ' '))}</a></li>"
        for page in pages
    ]
    columns = ("Result", "Severity", "What must hold", "Check", "Rows not so")
    heads = "".join(f'<th scope="col">{name}</th>' for name in columns)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><title>{escape(title)}</title>\n{_HEAD}</head>'
        f"<body><h1>Data quality: {escape(title)}</h1>\n<table><caption>Every check of this step"
        f"</caption><thead><tr>{heads}</tr></thead>\n<tbody>{''.join(rows)}</tbody></table>\n"
        f"<h2>What Great Expectations found</h2><ul>{''.join(links)}</ul></body></html>\n"
    )
