"""Who may call the Rivo stand-in: whoever sends the raw key, 15 times a second."""

from sandbox.bucket import Bucket
from sandbox.ground import Ground
from sandbox.programme.access import Error, KeyAccess

REQUESTS_PER_S = 15


class RivoAccess(KeyAccess):
    """Admits the raw API key; the word `Bearer` before it is a 401, as on the live host."""

    def __init__(self, ground: Ground, key: str, error: Error) -> None:
        super().__init__(key, Bucket(REQUESTS_PER_S, 1.0), error)
        self._ground = ground

    def sends_retry_after(self, status: int) -> bool:
        """Tell what the switch says about `Retry-After`."""
        return status == 429 and self._ground.switches.rivo_retry_after_on_429
