"""Who may call the Gorgias stand-in, and how many requests they may make."""

import base64
import secrets
from dataclasses import dataclass, field

from sandbox.bucket import Bucket
from sandbox.gate import Answer, Caller
from sandbox.gorgias.answers import error_body
from sandbox.gorgias.customer_store import APP_ID
from sandbox.gorgias.scopes import ALL_SCOPES, is_granted
from sandbox.ground import Ground

ACCOUNT = "lakeside-tea"
AGENT_EMAIL, AGENT_ID, APP_USER_ID = "ops@lakeside.test", 12, 13
WINDOW_S, ENTERPRISE_WINDOW_S = 20.0, 10.0
LIMITS = {"api_key": 40, "oauth": 80}


@dataclass(slots=True)
class Tokens:
    """The OAuth state of the one app: tokens with the sandbox second of their end."""

    client_id: str
    client_secret: str
    refresh_token: str
    access: dict[str, float] = field(default_factory=dict)
    scopes: frozenset[str] = ALL_SCOPES

    def rotate(self) -> None:
        """End the refresh token and make a new one."""
        self.refresh_token = f"rt_{secrets.token_hex(16)}"

    def new_access_token(self, ends_s: float) -> str:
        """Hand out one more access token; older ones stay good until their own end."""
        token = f"at_{secrets.token_hex(16)}"
        self.access[token] = ends_s
        return token


class GorgiasAccess:
    """Admits the API key (Basic) and the OAuth app (Bearer), each with its own bucket."""

    limit_header: str | None = "x-gorgias-account-api-call-limit"
    open_paths: tuple[str, ...] = ("/app",)

    def __init__(self, ground: Ground, *, enterprise: bool, allowance: float) -> None:
        self._ground = ground
        self.api_key = f"gk_{ground.seed:08d}"
        self.first_access_token = f"at_{ground.seed:08d}"
        self.reset_tokens()
        window_s = ENTERPRISE_WINDOW_S if enterprise else WINDOW_S
        self.buckets = {
            kind: Bucket(round(limit * allowance), window_s) for kind, limit in LIMITS.items()
        }

    def reset_tokens(self) -> None:
        """Put the app's login back to what the ready line says, good for a full life from now."""
        seed = self._ground.seed
        self.tokens = Tokens("app-lakeside", f"cs_{seed:08d}", f"rt_{seed:08d}")
        life_s = self._ground.switches.access_token_life_s
        self.tokens.access[self.first_access_token] = self._ground.clock.run_s() + life_s

    def admit(self, method: str, path: str, headers: dict[str, str]) -> Caller | Answer:
        """Return who calls, or a 401. The token endpoint does its own client check."""
        if path == "/oauth/token":
            return Caller("anyone")
        scheme, _, proof = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic" and read_basic(proof) == (AGENT_EMAIL, self.api_key):
            return Caller("api_key", AGENT_ID)
        ends_s = self.tokens.access.get(proof, 0.0)
        if scheme.lower() == "bearer" and self._ground.clock.run_s() < ends_s:
            return self._admit_app(method, path)
        return self.error(401, "Authorization required.")

    def _admit_app(self, method: str, path: str) -> Caller | Answer:
        switches = self._ground.switches
        if switches.oauth_scopes_enforced and not is_granted(
            self.tokens.scopes, method, path, switches.custom_field_value_scope
        ):
            return self.error(403, "The token does not have the scope for this.")
        return Caller("oauth", APP_USER_ID, APP_ID)

    def bucket(self, caller: Caller) -> Bucket | None:
        """Return the bucket for this kind of caller; none for the token endpoint."""
        return self.buckets.get(caller.kind)

    def took(self, caller: Caller, now_s: float) -> None:
        """Fill the other bucket too, if the account has one for all."""
        if self._ground.switches.buckets_shared_by_auth_kinds:
            for kind, bucket in self.buckets.items():
                if kind != caller.kind:
                    bucket.fill(now_s, 1)

    def sends_retry_after(self, status: int) -> bool:
        """Tell what the switches say about `Retry-After`."""
        switches = self._ground.switches
        return (
            switches.retry_after_on_429 if status == 429 else switches.retry_after_on_every_answer
        )

    def error(self, status: int, text: str) -> Answer:
        """Return an error answer."""
        return Answer(status, error_body(text), {"content-type": "application/json"})


def read_basic(proof: str) -> tuple[str, str] | None:
    """Return user and password of a Basic header, None when it cannot be read."""
    try:
        user, colon, password = base64.b64decode(proof, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if colon else None
