"""How the Gorgias stand-in takes requests: logins, errors, paging."""

from typing import Any

import pytest
import requests

from sandbox.running import Sandbox
from tests.sandbox.calls import CUSTOMERS, Call, iter_pages


def bearer_get(sandbox: Sandbox, token: str, path: str = "/account") -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{sandbox.gorgias_url}/api{path}", headers=headers, timeout=10)


def refresh(sandbox: Sandbox, token: str) -> requests.Response:
    oauth = sandbox.gorgias["oauth"]
    return requests.post(
        f"{sandbox.gorgias_url}/oauth/token",
        auth=(oauth["client_id"], oauth["client_secret"]),
        data={"grant_type": "refresh_token", "refresh_token": token},
        timeout=10,
    )


def test_an_api_key_caller_is_user_zero(gorgias: Call, sandbox: Sandbox) -> None:
    assert gorgias("GET", "/users/0").json()["email"] == sandbox.gorgias["email"]


def test_the_account_names_its_domain(gorgias: Call, sandbox: Sandbox) -> None:
    account = gorgias("GET", "/account").json()

    assert account["domain"] == sandbox.gorgias["account"]
    assert account["status"] == {"status": "active"}


def test_a_wrong_key_is_a_401_with_the_error_body(sandbox: Sandbox) -> None:
    url = f"{sandbox.gorgias_url}/api/account"
    answer = requests.get(url, auth=(sandbox.gorgias["email"], "wrong"), timeout=10)

    assert answer.status_code == 401
    assert "msg" in answer.json()["error"]


def test_no_login_is_a_401(sandbox: Sandbox) -> None:
    assert requests.get(f"{sandbox.gorgias_url}/api/account", timeout=10).status_code == 401


def test_an_access_token_is_a_bearer_token(sandbox: Sandbox) -> None:
    token = sandbox.gorgias["oauth"]["access_token"]

    assert bearer_get(sandbox, token).status_code == 200
    assert bearer_get(sandbox, "another").status_code == 401


def test_an_expired_token_is_refreshed_with_basic_client_login(sandbox: Sandbox) -> None:
    oauth = sandbox.gorgias["oauth"]
    sandbox.control("gorgias", "POST", "oauth", {"expire": True})
    assert bearer_get(sandbox, oauth["access_token"]).status_code == 401

    answer = refresh(sandbox, oauth["refresh_token"]).json()

    assert answer["refresh_token"] == oauth["refresh_token"]
    assert answer["expires_in"] == 86_400
    assert bearer_get(sandbox, answer["access_token"]).status_code == 200


def test_refresh_tokens_rotate_when_the_switch_says_so(sandbox: Sandbox) -> None:
    sandbox.control("gorgias", "POST", "switches", {"refresh_token_rotation": True})
    first = sandbox.gorgias["oauth"]["refresh_token"]

    second = refresh(sandbox, first).json()["refresh_token"]

    assert second != first
    assert refresh(sandbox, first).status_code == 400
    assert refresh(sandbox, second).status_code == 200


def test_a_disconnected_app_can_no_longer_refresh(sandbox: Sandbox) -> None:
    sandbox.control("gorgias", "POST", "oauth", {"revoke": True})

    assert refresh(sandbox, sandbox.gorgias["oauth"]["refresh_token"]).status_code == 400


def test_an_oauth_call_outside_its_scopes_is_a_403(sandbox: Sandbox) -> None:
    token = sandbox.gorgias["oauth"]["access_token"]
    sandbox.control("gorgias", "POST", "oauth", {"scopes": ["account:read"]})

    assert bearer_get(sandbox, token, "/account").status_code == 200
    assert bearer_get(sandbox, token, "/customers").status_code == 403


@pytest.mark.parametrize("path", ["/account/", "/customers/", "/users/0/", "/tickets/40001/"])
def test_a_trailing_slash_makes_no_difference(gorgias: Call, path: str) -> None:
    assert gorgias("GET", path).json().keys() == gorgias("GET", path.rstrip("/")).json().keys()


@pytest.mark.parametrize("path", ["/customers?nope=1", "/tickets?status=open", "/users?page=2"])
def test_an_unknown_query_parameter_is_a_400(gorgias: Call, path: str) -> None:
    answer = gorgias("GET", path)

    assert answer.status_code == 400
    assert answer.json()["error"]["data"]


def test_an_unknown_body_parameter_is_a_400(gorgias: Call) -> None:
    answer = gorgias("POST", "/customers", json={"name": "Mira", "shoe_size": 38})

    assert answer.status_code == 400
    assert "shoe_size" in answer.json()["error"]["data"]


def test_a_body_that_is_not_json_is_refused(gorgias: Call) -> None:
    headers = {"content-type": "application/xml"}

    assert gorgias("POST", "/customers", data="<a/>", headers=headers).status_code == 400


def test_unknown_paths_and_wrong_methods_have_the_error_body(gorgias: Call) -> None:
    answers = [gorgias("GET", "/nothing"), gorgias("DELETE", "/account")]

    assert [answer.status_code for answer in answers] == [404, 405]
    assert all("msg" in answer.json()["error"] for answer in answers)


def test_a_list_comes_in_the_envelope(gorgias: Call) -> None:
    page = gorgias("GET", "/customers?limit=1").json()

    assert page["object"] == "list"
    assert page["uri"] == "/api/customers?limit=1"
    assert page["meta"]["prev_cursor"] is None
    assert page["meta"]["next_cursor"]


def test_a_page_has_30_rows_unless_asked(gorgias: Call) -> None:
    assert len(gorgias("GET", "/customers").json()["data"]) == 30


@pytest.mark.parametrize("limit", ["0", "101", "many"])
def test_a_limit_out_of_bounds_is_a_400(gorgias: Call, limit: str) -> None:
    assert gorgias("GET", "/customers", params={"limit": limit}).status_code == 400


@pytest.mark.parametrize(
    "order_by",
    ["created_datetime:desc", "created_datetime:asc", "updated_datetime:desc",
     "updated_datetime:asc"],
)  # fmt: skip
def test_following_the_cursor_yields_each_customer_once_in_order(
    gorgias: Call, order_by: str
) -> None:
    name, direction = order_by.split(":")
    pages = iter_pages(gorgias, "/customers", limit=100, order_by=order_by)
    rows = [row for page in pages for row in page]

    assert len({row["id"] for row in rows}) == len(rows) == CUSTOMERS
    # Stamps come with and without fraction and offset: only their first 19 signs compare as text.
    stamps = [row[name][:19] for row in rows]
    assert stamps == sorted(stamps, reverse=direction == "desc")


def test_the_newest_customers_come_first_by_default(gorgias: Call) -> None:
    first = gorgias("GET", "/customers?limit=2").json()["data"]

    assert first[0]["created_datetime"] > first[1]["created_datetime"]


def test_an_unknown_order_is_a_400(gorgias: Call) -> None:
    assert gorgias("GET", "/customers?order_by=name:asc").status_code == 400


def test_the_previous_cursor_leads_back(gorgias: Call) -> None:
    first = gorgias("GET", "/customers?limit=5").json()
    second = gorgias(
        "GET", "/customers", params={"limit": 5, "cursor": first["meta"]["next_cursor"]}
    ).json()
    back = gorgias(
        "GET", "/customers", params={"limit": 5, "cursor": second["meta"]["prev_cursor"]}
    ).json()

    assert back["data"] == first["data"]
    assert back["meta"]["prev_cursor"] is None


def test_a_stale_cursor_is_refused(gorgias: Call, sandbox: Sandbox) -> None:
    cursor = gorgias("GET", "/customers?limit=5").json()["meta"]["next_cursor"]
    changes: dict[str, Any] = {"cursor_life_s": 0, "stale_cursor_status": 404}
    sandbox.control("gorgias", "POST", "switches", changes)

    assert gorgias("GET", "/customers", params={"cursor": cursor}).status_code == 404


def test_a_made_up_cursor_is_a_400(gorgias: Call) -> None:
    assert gorgias("GET", "/customers?cursor=abc").status_code == 400


def test_a_row_that_moves_while_paging_is_not_lost_or_doubled(gorgias: Call) -> None:
    query = {"limit": 100, "order_by": "updated_datetime:desc"}
    pages = iter_pages(gorgias, "/customers", **query)
    seen = [row["id"] for row in next(pages)]
    gorgias("PUT", f"/customers/{seen[50]}", json={"note": "moved"})
    seen += [row["id"] for page in pages for row in page]

    assert len(seen) == len(set(seen)) == CUSTOMERS


def test_stamps_come_in_all_the_forms_that_live_answers_and_samples_have(gorgias: Call) -> None:
    stamps = [
        row["updated_datetime"]
        for page in iter_pages(gorgias, "/customers", limit=100)
        for row in page
    ]

    assert any(stamp.endswith("+00:00") and "." in stamp for stamp in stamps)
    assert any(stamp.endswith("+00:00") and "." not in stamp for stamp in stamps)
    assert any(not stamp.endswith("+00:00") for stamp in stamps)
