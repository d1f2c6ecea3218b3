"""Who may call the Rivo stand-in: whoever sends the raw key, 15 times a second."""

from sandbox.bucket import Bucket
from sandbox.gate import Answer, Caller
from sandbox.ground import Ground
from sandbox.rivo.answers import error_body

REQUESTS_PER_S = 15


class RivoDoor:
    """Admits the raw API key; the word `Bearer` before it is a 401, as on the live host."""

    limit_header: str | None = None
    open_paths: tuple[str, ...] = ()

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.api_key = f"rk_{ground.seed:08d}"
        self.webhook_secret = f"whs_{ground.seed:08d}"
        self.buckets = {"api_key": Bucket(REQUESTS_PER_S, 1.0)}

    def admit(self, _method: str, _path: str, headers: dict[str, str]) -> Caller | Answer:
        """Return the caller, or a 401."""
        if headers.get("authorization") == self.api_key:
            return Caller("api_key")
        return self.error(401, "Unauthorized")

    def bucket(self, caller: Caller) -> Bucket | None:
        """Return the bucket of the store."""
        return self.buckets[caller.kind]

    def took(self, caller: Caller, now_s: float) -> None:
        """Nothing else fills up here."""

    def sends_retry_after(self, status: int) -> bool:
        """Tell what the switch says about `Retry-After`."""
        return status == 429 and self._ground.switches.rivo_retry_after_on_429

    def error(self, status: int, text: str) -> Answer:
        """Return an error answer."""
        body = error_body(self._ground.switches, text)
        return Answer(status, body, {"content-type": "application/json"})
