"""Access by one key, with one bucket for the whole account."""

from collections.abc import Callable

from sandbox.bucket import Bucket
from sandbox.gate import Answer, Caller

Error = Callable[[int, str], bytes]
"""Words a refusal in the platform's way: (status, text) to a JSON body."""


class KeyAccess:
    """Admits whoever sends `authorization` as it is, as fast as the bucket allows."""

    limit_header: str | None = None
    open_paths: tuple[str, ...] = ()

    def __init__(self, authorization: str, bucket: Bucket, error: Error) -> None:
        self._authorization, self._error = authorization, error
        self.buckets = {"api_key": bucket}

    def admit(self, _method: str, _path: str, headers: dict[str, str]) -> Caller | Answer:
        """Return the caller, or a 401."""
        if headers.get("authorization") == self._authorization:
            return Caller("api_key")
        return self.error(401, "Unauthorized")

    def replace_key(self, old: str, new: str) -> None:
        """Admit the new key in place of the old one."""
        self._authorization = self._authorization.replace(old, new)

    def bucket(self, caller: Caller) -> Bucket | None:
        """Return the bucket of the account."""
        return self.buckets[caller.kind]

    def took(self, caller: Caller, now_s: float) -> None:
        """Nothing else fills up here."""

    def sends_retry_after(self, status: int) -> bool:
        """None of them is known to."""
        del status
        return False

    def error(self, status: int, text: str) -> Answer:
        """Return an error answer."""
        return Answer(status, self._error(status, text), {"content-type": "application/json"})
