"""A macro as an agent picks it: its text over a ticket, with what was blank, and its tags."""

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from sandbox.gorgias.variables import AS_IN_MACROS, Part, Reading, render_parts

BREAKS = {"br", "div", "p", "li", "ul", "ol", "tr"}


@dataclass(frozen=True, slots=True)
class Picked:
    """A macro over a ticket."""

    id: int
    name: str
    parts: tuple[Part, ...]
    tags: tuple[str, ...]

    @property
    def text(self) -> str:
        """What goes into the reply."""
        return "".join(part.text for part in self.parts)

    @property
    def blanks(self) -> list[str]:
        """The variables that had no value, each once."""
        return list(dict.fromkeys(part.variable or "" for part in self.parts if part.is_blank))


def pick(macro: dict[str, Any], context: dict[str, Any], reading: Reading = AS_IN_MACROS) -> Picked:
    """Return a macro with its variables filled in."""
    texts: list[str] = []
    tags: list[str] = []
    for action in macro["actions"]:
        arguments = action.get("arguments") or {}
        if action.get("name") == "setResponseText":
            plain = str(arguments.get("body_text") or "")
            texts.append(plain or text_of_html(str(arguments.get("body_html") or "")))
        elif action.get("name") == "addTags":
            tags += [name.strip() for name in str(arguments.get("tags") or "").split(",")]
    parts = render_parts("\n".join(text for text in texts if text), context, reading)
    names = tuple(dict.fromkeys(name for name in tags if name))
    return Picked(macro["id"], str(macro["name"]), tuple(parts), names)


def text_of_html(html: str) -> str:
    """Return the text of a piece of HTML, with lines where its blocks are."""
    reader = _TextReader()
    reader.feed(html)
    reader.close()
    return "".join(reader.texts).strip()


class _TextReader(HTMLParser):
    """Keeps text; what scripts and styles hold is none."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as the base has it
        if tag in ("script", "style"):
            self._silent += 1
        elif tag in BREAKS and self.texts and not self.texts[-1].endswith("\n"):
            self.texts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.texts.append(data)
