"""What no public source settles about Gorgias."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class GorgiasSwitches:
    """One field per open question."""

    account_time_zone: str = "UTC"
    """The zone of the account's business hours, by its IANA name."""

    data_landing_place: str = "by_auth"
    """Where `PUT /customers/{id}/data` lands: `by_auth` (external_data[app_id] for OAuth, data for
    an API key), `data`, `external_data`, or `refuse_api_key` (403 for an API key)."""

    data_write_touches_customer: bool = False
    """Whether that write moves the customer's `updated_datetime`."""

    field_write_touches_customer: bool = False
    """Whether a write of field values moves it."""

    merge_touches_customer: bool = False
    """Whether a merge moves the survivor's."""

    merge_needs_a_field: bool = True
    """Whether `PUT /customers/merge` takes only a body with at least one field (else 400)."""

    merge_applies_body: bool = False
    """Whether the fields of that body are set on the survivor."""

    merge_conflicts_on_integrations: bool = True
    """Whether two customers with data of the same integration cannot be merged (409)."""

    list_rows_have_customer: bool = False
    """Whether customers in lists have the key `customer`, as they have by themselves."""

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

    custom_field_values_wrapped: bool = True
    """Whether a customer's field values come as {"data": [..]} in place of a bare array."""

    custom_field_bulk_replaces: bool = True
    """Whether the bulk write of a customer's field values clears those that it leaves out."""

    custom_field_managed_required: bool = True
    """Whether such a write is a 400 when it leaves out the value of a system-managed field; else it
    clears that one too."""

    field_write_event_type: str = ""
    """Name of the event that a write of a customer's field values leaves; empty for none."""

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

    variables_may_have_spaces: bool = False
    """Whether `{{ x }}` is a variable too; else it stays as text."""

    unknown_variables_stay_in_bodies: bool = True
    """Whether a variable that a page does not have stays as text in what buttons and integrations
    send; else it is a blank there too, as in macros."""

    customer_page_has_ticket_customer: bool = True
    """Whether buttons on a customer's page know `ticket.customer`, as those on a ticket do."""

    widget_path_of_several_keys: bool = False
    """Whether a widget's `path` may lead through several keys (`a.b[0]`); else it is one key."""

    tag_name_creates_tag: bool = False
    """Whether adding an unknown tag name to a ticket over the API creates the tag (else 404)."""

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
