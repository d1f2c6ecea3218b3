"""Every behaviour that no public source settles, each a switch with the assumed answer as default.

Set one with `--switch name=value`, or while running with `POST /_sandbox/switches`. Live accounts
may differ from any default here; a client should pass with every setting.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

from sandbox.loyaltylion.switches import LoyaltyLionSwitches
from sandbox.smile.switches import SmileSwitches
from sandbox.trifft.switches import TrifftSwitches


@dataclass(frozen=True, kw_only=True)
class Switches(TrifftSwitches, SmileSwitches, LoyaltyLionSwitches):
    """One field per open question. Names that start with a platform's concern that, others Gorgias.

    The platforms' own are beside their stand-ins, but for those of Rivo.
    """

    data_landing_place: str = "by_auth"
    """Where `PUT /customers/{id}/data` lands: `by_auth` (external_data[app_id] for OAuth, data for
    an API key), `data`, `external_data`, or `refuse_api_key` (403 for an API key)."""

    data_write_touches_customer: bool = False
    """Whether that write moves the customer's `updated_datetime`."""

    data_any_json_value: bool = True
    """Whether `data` may be any JSON value, not only an object (else 400)."""

    data_max_bytes: int = 0
    """Largest accepted `data` in bytes of JSON, beyond it 413; 0 is no limit."""

    data_visible_after_s: float = 0.0
    """Sandbox seconds until an accepted `data` write shows in reads."""

    equal_version_applied: bool = True
    """Whether a `data` write with the same `version` as the stored one is applied."""

    merged_location_header: bool = False
    """Whether the 301 for a merged customer names the survivor in `Location`."""

    merged_customer_get_status: int = 404
    """Answer of `GET /customers/{id}` for a merged customer: 404 or 301."""

    customer_merge_event_type: str = "customer-merged"
    """Name of the event that a merge leaves; empty for none."""

    customer_with_tickets_delete_status: int = 204
    """Answer to deleting a customer with tickets: 204 or 409."""

    customer_update_accepts_meta_and_custom_fields: bool = True
    """Whether `PUT /customers/{id}` takes `meta` and `custom_fields` (else 400)."""

    customer_custom_fields_shape: str = "by_id"
    """`custom_fields` on a customer: `by_id` ({"311": {"id": 311, "value": ..}}) or `empty`."""

    email_filter_ignores_case: bool = False
    """Whether `GET /customers?email=` ignores case and outer blanks."""

    cursor_life_s: float = 3_600.0
    """Sandbox seconds for which a cursor is good."""

    stale_cursor_status: int = 400
    """Answer to a cursor that is too old."""

    retry_after_on_429: bool = True
    """Whether Gorgias sends `Retry-After` with a 429."""

    retry_after_on_every_answer: bool = False
    """Whether Gorgias sends `Retry-After: 0` with answers that are not 429."""

    buckets_shared_by_auth_kinds: bool = False
    """Whether calls of an API key also fill the bucket of OAuth callers and the other way round."""

    access_token_life_s: float = 86_400.0
    """Sandbox seconds for which an access token is good."""

    refresh_token_rotation: bool = False
    """Whether each refresh answers with a new refresh token and ends the old one."""

    oauth_scopes_enforced: bool = True
    """Whether an OAuth call outside the granted scopes is a 403."""

    custom_field_value_scope: str = "either"
    """Scope that writes field values on a customer: `customers`, `custom_fields`, `both` or
    `either`."""

    custom_field_values_wrapped: bool = False
    """Whether a customer's field values come as {"data": [..]} in place of a bare array."""

    custom_field_null_clears: bool = True
    """Whether `value: null` clears a field value (else 400)."""

    custom_field_bad_value_status: int = 400
    """Answer to a value of the wrong type or not among the choices."""

    custom_field_decimals: bool = True
    """Whether a `number` field takes decimals."""

    custom_field_text_max: int = 0
    """Longest text value, beyond it an error; 0 is no limit."""

    custom_field_single_put_body: str = "raw"
    """Body of `PUT /customers/{id}/custom-fields/{field_id}`: `raw`, `object` or `either`."""

    custom_field_cap: int = 25
    """Most active custom fields per object type."""

    tag_name_creates_tag: bool = True
    """Whether adding an unknown tag name to a ticket creates the tag (else 404)."""

    widget_put_replaces: bool = False
    """Whether `PUT /widgets/{id}` resets the keys that the body leaves out."""

    trigger_underscores_accepted: bool = False
    """Whether an HTTP integration accepts trigger names such as `ticket_created`."""

    integration_timeout_s: float = 5.0
    """Real seconds that the call of an HTTP integration waits for its answer."""

    integration_attempts: int = 3
    """How often such a call is tried when there is no answer, or a 5xx."""

    integration_disabled_after: int = 100
    """Failed calls in a row that disable an integration; newer pages say 500."""

    button_timeout_s: float = 5.0
    """Real seconds that the call of a widget's HTTP button waits for its answer."""

    ticket_create_fires_message_created: bool = False
    """Whether a new ticket fires `ticket-message-created` besides `ticket-created`."""

    data_write_fires_ticket_updated: bool = False
    """Whether writing a customer's data counts as an update of the customer's newest ticket: moves
    its `updated_datetime` and fires `ticket-updated`."""

    field_write_fires_ticket_updated: bool = False
    """Whether writing a customer's custom fields counts as one."""

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
