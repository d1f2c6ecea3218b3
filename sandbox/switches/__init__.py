"""Every behaviour that no public source settles, each a switch with the assumed answer as default.

Set one with `--switch name=value`, or while running with `POST /_sandbox/switches`. Live accounts
may differ from any default here; a client should pass with every setting.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

from sandbox.switches.gorgias import GorgiasSwitches
from sandbox.switches.loyaltylion import LoyaltyLionSwitches
from sandbox.switches.programme import ProgrammeSwitches
from sandbox.switches.rivo import RivoSwitches
from sandbox.switches.smile import SmileSwitches
from sandbox.switches.trifft import TrifftSwitches


@dataclass(frozen=True, kw_only=True)
class Switches(
    TrifftSwitches,
    SmileSwitches,
    LoyaltyLionSwitches,
    RivoSwitches,
    ProgrammeSwitches,
    GorgiasSwitches,
):
    """Names that start with a platform's concern that one, those with `programme` every platform,
    the others Gorgias.
    """


def with_changes(switches: Switches, changes: dict[str, Any]) -> Switches:
    """Return the switches with some changed; values may be text, as on the command line.

    Raises:
        ValueError: no such switch, or a value that does not fit it.
    """
    kinds = {item.name: type(item.default) for item in fields(Switches)}
    unknown = set(changes) - set(kinds)
    if unknown:
        raise ValueError(f"no such switch: {', '.join(sorted(unknown))}")
    return replace(
        switches, **{name: _read(name, kinds[name], value) for name, value in changes.items()}
    )


def _read(name: str, kind: type, value: Any) -> Any:
    if kind is bool:
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        text = str(value).lower()
        if text not in words:
            raise ValueError(f"switch {name} takes true or false")
        return words[text]
    try:
        return kind(value)
    except (TypeError, ValueError):
        raise ValueError(f"switch {name} takes {kind.__name__}") from None
