"""Which OAuth scope a request needs."""

RESOURCES = {
    "account": "account",
    "users": "users",
    "customers": "customers",
    "custom-fields": "custom_fields",
    "tickets": "tickets",
    "messages": "tickets",
    "tags": "tags",
    "widgets": "integrations",
    "integrations": "integrations",
    "macros": "macros",
    "views": "tickets",
    "teams": "users",
    "rules": "rules",
    "jobs": "jobs",
    "satisfaction-surveys": "satisfaction_survey",
    "events": "events",
    "search": "customers",
}
ALL_SCOPES = frozenset(
    {"offline"} | {f"{name}:{deed}" for name in RESOURCES.values() for deed in ("read", "write")}
)


def is_granted(scopes: frozenset[str], method: str, path: str, field_value_scope: str) -> bool:
    """Tell whether scopes allow a request on `/api/...`.

    `field_value_scope` is the switch `custom_field_value_scope`: which scope writes field values.
    """
    parts = path.split("/")[2:]
    resource = RESOURCES.get(parts[0]) if parts else None
    if resource is None:
        return True
    deed = "read" if method == "GET" or parts[0] == "search" else "write"
    if deed == "write" and parts[0] == "customers" and "custom-fields" in parts:
        has = [f"{name}:write" in scopes for name in ("customers", "custom_fields")]
        return {"customers": has[0], "custom_fields": has[1], "both": all(has)}.get(
            field_value_scope, any(has)
        )
    return f"{resource}:{deed}" in scopes
