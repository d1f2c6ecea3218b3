"""Where files are: those that ship with the package, and those of the installation.

In a checkout both stand around `plugins/`. An installed package brings the first in its own folder,
and looks for the second in Airflow's home.
"""

import os
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_IS_INSTALLED: Final = (_PACKAGE / "include").is_dir()
_CHECKOUT: Final = _PACKAGE.parents[1]

SHIPPED: Final = (_PACKAGE if _IS_INSTALLED else _CHECKOUT) / "include"
"""SQL, texts, macros and what else the package cannot do without."""

PROJECT_ROOT: Final = (
    Path(os.environ.get("AIRFLOW_HOME") or "~/airflow").expanduser() if _IS_INSTALLED else _CHECKOUT
)
"""Where what somebody made for this installation is, unless the environment says otherwise."""
