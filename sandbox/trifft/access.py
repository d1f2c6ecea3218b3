"""Who may call the TRIFFT stand-in: 50 requests in 10 seconds, and a minute of refusals beyond."""

import json

from sandbox.bucket import Bucket, Taken
from sandbox.gate import Answer, Caller
from sandbox.ground import Ground
from sandbox.programme.access import KeyAccess

REQUESTS, WINDOW_S, BLOCK_S = 50, 10.0, 60.0


class BlockingBucket(Bucket):
    """Counts the requests of the last window; one too many blocks everything for a minute."""

    def __init__(self) -> None:
        super().__init__(REQUESTS, WINDOW_S)
        self._taken_s: list[float] = []
        self._blocked_until_s = 0.0

    def take(self, now_s: float) -> Taken:
        """Let one request in, or refuse it and all others for a minute."""
        self._taken_s = [at_s for at_s in self._taken_s if at_s > now_s - WINDOW_S]
        if now_s >= self._blocked_until_s and len(self._taken_s) < REQUESTS:
            self._taken_s.append(now_s)
            return Taken(len(self._taken_s), REQUESTS, 0)
        if now_s >= self._blocked_until_s:
            self._blocked_until_s = now_s + BLOCK_S
        return Taken(REQUESTS, REQUESTS, int(BLOCK_S))

    def used(self, now_s: float) -> int:
        """Return how many requests the last window saw."""
        return sum(at_s > now_s - WINDOW_S for at_s in self._taken_s)

    def fill(self, now_s: float, requests: float) -> None:
        """Count requests that somebody else made."""
        self._taken_s += [now_s] * int(requests)

    def empty(self) -> None:
        """Forget all requests, and the block."""
        self._taken_s, self._blocked_until_s = [], 0.0


class TrifftAccess(KeyAccess):
    """Admits a token that may read and write, and one that may only read."""

    def __init__(self, ground: Ground) -> None:
        self.key = f"tt_{ground.seed:08d}"
        self.read_only_key = f"tr_{ground.seed:08d}"
        super().__init__(f"Bearer {self.key}", BlockingBucket(), error_body)
        self._ground = ground

    def admit(self, method: str, path: str, headers: dict[str, str]) -> Caller | Answer:
        """Return the caller, or a refusal."""
        if headers.get("authorization") != f"Bearer {self.read_only_key}":
            return super().admit(method, path, headers)
        if method == "GET":
            return Caller("api_key")
        return self.error(self._ground.switches.trifft_read_only_status, "this token only reads")

    def error(self, status: int, text: str) -> Answer:
        """Return an error answer; the text of a 429 is documented."""
        return super().error(status, TOO_MANY if status == 429 else text)


TOO_MANY = "too many requests, wait one minute"
EXCEPTIONS = {429: "RateLimitExceededException", 404: "NotFoundException", 401: "AuthException"}


def error_body(status: int, text: str) -> bytes:
    """Return the one error body that is documented."""
    exception = EXCEPTIONS.get(status, "ApiException")
    error = {"code": status, "message": text, "exception": exception}
    return json.dumps({"status": status, "success": False, "error": error}).encode()
