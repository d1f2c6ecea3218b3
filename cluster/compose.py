"""What docker-compose.yaml and the Dockerfile say: the one place where the cluster is described.

`make cluster` starts the same services natively, so it reads them instead of repeating them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.services import PROJECT_ROOT

COMPOSE_FILE = PROJECT_ROOT / "docker-compose.yaml"
DOCKERFILE = PROJECT_ROOT / "Dockerfile"
# ${NAME}, ${NAME:-default} and ${NAME:?message}; a default may hold one more variable.
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::([-?])((?:[^{}]|\{[^{}]*\})*))?\}")
ENV_BLOCK = re.compile(r"^ENV ((?:.*\\\n)*.*)$", re.M)


@dataclass(frozen=True, slots=True)
class Service:
    """One service as compose would start it, with all variables filled in."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    replicas: int


def fill_in(text: str, given: Mapping[str, str]) -> str:
    """Do what compose does with variables; what is neither given nor has a default stays."""

    def value(match: re.Match[str]) -> str:
        name, kind, rest = match.groups()
        if name in given:
            return given[name]
        return fill_in(rest, given) if kind == "-" else match[0]

    return VARIABLE.sub(value, text)


def variable_names(text: str) -> set[str]:
    """Every variable that a text uses, also inside defaults."""
    return {
        name
        for match in VARIABLE.finditer(text)
        for name in ({match[1]} | variable_names(match[3] or ""))
    }


def read_raw(given: Mapping[str, str], path: Path = COMPOSE_FILE) -> dict[str, dict[str, Any]]:
    """Every service of the file as YAML has it, variables filled in."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(
        fill_in(path.read_text(encoding="utf-8"), given)
    )["services"]
    return found


def read_services(given: Mapping[str, str]) -> dict[str, Service]:
    """The services by name; `given` are the variables of `.env`."""
    image = read_image_environment()
    return {
        name: Service(
            name=name,
            command=tuple(str(word) for word in raw.get("command", ())),
            environment=(image if "build" in raw else {})
            | {key: str(value) for key, value in raw.get("environment", {}).items()},
            replicas=int(raw.get("deploy", {}).get("replicas", 1)),
        )
        for name, raw in read_raw(given).items()
    }


def read_image_environment(path: Path = DOCKERFILE) -> dict[str, str]:
    """The variables that the image sets."""
    pairs = " ".join(
        block.replace("\\\n", " ") for block in ENV_BLOCK.findall(path.read_text(encoding="utf-8"))
    )
    return dict(pair.split("=", 1) for pair in pairs.split())
