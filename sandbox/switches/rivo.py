"""What no public source settles about Rivo."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RivoSwitches:
    """One field per open question."""

    rivo_next_since_id_present: bool = True
    """Whether cursor pages carry `next_since_id`; else only `links.self`."""

    rivo_names: str = "live"
    """`live` (points_tally, loyalty_status_last_changed_at) or `printed` as on the object page
    (loyalty_points_tally, loyalty_status_last_updated_at)."""

    rivo_guest_spelling: str = "guest"
    """`loyalty_status` of a guest."""

    rivo_excluded_spelling: str = "excluded"
    """`loyalty_status` of an excluded customer."""

    rivo_remote_updated_at_in_rest: bool = False
    """Whether REST answers carry `remote_updated_at`, as webhook snapshots do."""

    rivo_dates_iso: bool = False
    """Whether `points_expire_at` is ISO in place of a display date."""

    rivo_unknown_parameter_status: int = 200
    """Answer to a query parameter or form field that Rivo does not know, `updated_at_min` among
    them; 200 means ignored."""

    rivo_page_beyond_max: str = "empty"
    """Answer beyond page 500: `empty`, `last` (page 500 again) or `error` (400)."""

    rivo_unknown_customer_status: int = 404
    """Answer for a customer that Rivo does not know."""

    rivo_new_customer_delay_s: float = 0.0
    """Sandbox seconds until a member made over the control API can be found (30 to 60 live)."""

    rivo_email_lookup_ignores_case: bool = True
    """Whether a customer identifier that is an e-mail ignores case and outer blanks."""

    rivo_json_body_accepted: bool = False
    """Whether `POST /points_events` takes JSON; else only form data (400)."""

    rivo_manual_needs_both_amounts: bool = False
    """Whether a manual event needs points and credits, as the page marks them."""

    rivo_custom_action_uses_rule_amount: bool = True
    """Whether a custom action without an amount takes it from the earning rule (else 422)."""

    rivo_overdraw_allowed: bool = True
    """Whether a subtraction may take a balance below zero (else 422)."""

    rivo_event_visible_after_s: float = 0.0
    """Sandbox seconds until a created event shows in the ledger."""

    rivo_batch_all_or_nothing: bool = True
    """Whether one bad event refuses a whole batch (else it is left out)."""

    rivo_error_shape: str = "error"
    """Error body: `error` (text), `message` (text) or `errors` (list of texts)."""

    rivo_retry_after_on_429: bool = False
    """Whether Rivo sends `Retry-After` with a 429."""

    rivo_webhook_attempts: int = 3
    """How often a delivery is tried until it is answered with 2xx."""

    rivo_webhook_timeout_s: float = 5.0
    """Real seconds that a delivery waits for its answer."""
