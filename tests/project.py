"""Where the project is, and the package under test, whichever way it was installed."""

from pathlib import Path
from typing import Final

import loyalty_desk

PROJECT_ROOT: Final = Path(__file__).resolve().parents[1]
PACKAGE: Final = Path(loyalty_desk.__file__).parent
