"""What a connection says of CA, proxy and certificate goes before what the machine says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from loyalty_desk.connect.pauses import set_paused
from loyalty_desk.errors import ApiUnavailableError, BadConnectionError
from loyalty_desk.hooks.connections import gorgias_client, platform_transport
from loyalty_desk.hooks.found import find_platform
from loyalty_desk.hooks.gorgias import GorgiasHook
from loyalty_desk.hooks.trying import try_gorgias
from loyalty_desk.http.deadline import Deadline
from loyalty_desk.platforms.registry import platform_class
from loyalty_desk.settings.stores_file import OWN_PLATFORMS
from tests.conftest import SetConnection
from tests.factories import store_settings
from tests.scripted import Reply, ScriptedServer
from tests.tls import Authority, Seen, tls_service, tunnel_proxy

KEYS = {"login": "agent@shop.example", "password": "key"}
APP = {"client_id": "an-app", "client_secret": "secret", "refresh_token": "first"}
MACHINE = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "NETRC")
Use = Callable[[], Any]


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    """Who signed the service's certificate."""
    return Authority(tmp_path, "ours")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine that trusts somebody else, whose proxy is dead, with a log-in for everybody."""
    for name in MACHINE:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    others = Authority(tmp_path, "others")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(others.file))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(others.file))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login netrc password of-the-machine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    return monkeypatch


@pytest.fixture
def service(ours: Authority) -> Iterator[Seen]:
    with tls_service(ours) as seen:
        yield seen


@pytest.fixture
def proxy() -> Iterator[Seen]:
    with tunnel_proxy() as seen:
        yield seen


@pytest.fixture
def use(
    set_connection: SetConnection, one_staging: Engine, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Use]:
    """How one of our clients asks an address, by a connection with such an extra."""
    for module in ("connections", "gorgias"):
        monkeypatch.setattr(f"loyalty_desk.hooks.{module}.staging_engine", lambda: one_staging)

    def of(client: str, url: str, extra: dict[str, Any]) -> Use:
        if client == "airflow":
            set_connection("loyalty_desk_airflow", host=url, **KEYS, extra=extra)
            return lambda: set_paused("acme", paused=True)
        if client in OWN_PLATFORMS:
            set_connection(f"{client}_acme", conn_type=client, host=url, **KEYS, extra=extra)
            found, kind = find_platform(f"{client}_acme", platform_class(client)), client
            wire = platform_transport(found, platform_class(kind), max_wait_s=0)
            return lambda: wire.get_json("/members")
        app = APP if client == "gorgias app" else {}
        set_connection(
            "gorgias_acme", conn_type="gorgias", host=url, **KEYS, extra={**extra, **app}
        )
        if client == "hook":
            return lambda: GorgiasHook("gorgias_acme").run("/api/account")
        gorgias = gorgias_client(store_settings(), one_staging, urgent=True, max_wait_s=0)
        if client == "until":
            return lambda: in_time(gorgias.transport)
        return lambda: gorgias.transport.get_json("/api/account")

    return of


def in_time(wire: Any) -> Any:
    with wire.until(Deadline.after(10)):
        return wire.get_json("/api/account")


CLIENTS = (*OWN_PLATFORMS, "gorgias", "gorgias app", "until", "hook", "airflow")


@pytest.mark.parametrize("client", CLIENTS)
def test_the_connections_ca_and_proxy_are_used_and_not_the_machines(
    client: str,
    use: Callable[..., Use],
    ours: Authority,
    service: Seen,
    proxy: Seen,
    machine: pytest.MonkeyPatch,
) -> None:
    machine.setenv("NO_PROXY", "127.0.0.1")

    use(client, service.url, {"verify": str(ours.file), "proxies": {"https": proxy.url}})()

    assert service.paths
    assert set(proxy.paths) == {service.url.removeprefix("https://")}
    assert not any("bmV0cmM6" in sent for sent in service.authorizations), "netrc's log-in"
    if client == "gorgias app":
        assert service.paths[0] == "/oauth/token"
        assert service.authorizations[1] == "Bearer a-token"


def test_one_proxy_for_everything_may_be_a_text(
    use: Callable[..., Use], ours: Authority, service: Seen, proxy: Seen, machine: object
) -> None:
    use("gorgias", service.url, {"verify": str(ours.file), "proxy": proxy.url})()
    assert len(proxy.paths) == 1


def test_a_connection_may_do_without_the_machines_proxy(
    use: Callable[..., Use], ours: Authority, service: Seen, machine: object
) -> None:
    use("rivo", service.url, {"verify": str(ours.file), "proxies": {"no_proxy": "*"}})()
    assert service.paths == ["/members"]


def test_what_the_connection_does_not_say_the_machine_says(
    use: Callable[..., Use],
    ours: Authority,
    service: Seen,
    proxy: Seen,
    machine: pytest.MonkeyPatch,
) -> None:
    machine.setenv("REQUESTS_CA_BUNDLE", str(ours.file))
    machine.setenv("HTTPS_PROXY", proxy.url)
    use("gorgias", service.url, {})()
    assert len(proxy.paths) == 1

    machine.setenv("NO_PROXY", "127.0.0.1")
    use("gorgias", service.url, {})()
    assert len(proxy.paths) == 1
    assert len(service.paths) == 2


@pytest.mark.parametrize("verify", [False, "false"])
def test_a_certificate_may_be_left_unlooked_at(
    verify: object, use: Callable[..., Use], service: Seen, machine: pytest.MonkeyPatch
) -> None:
    machine.delenv("HTTPS_PROXY")
    use("gorgias", service.url, {"verify": verify})()
    assert service.paths == ["/api/account"]


def test_the_connections_certificate_is_shown(
    use: Callable[..., Use], ours: Authority, tmp_path: Path, machine: pytest.MonkeyPatch
) -> None:
    machine.delenv("HTTPS_PROXY")
    people = Authority(tmp_path, "people")
    extra = {"verify": str(ours.file), "cert": str(people.issue("the desk"))}
    with tls_service(ours, clients=people) as service:
        use("rivo", service.url, extra)()
        assert service.clients == ["the desk"]
        with pytest.raises(ApiUnavailableError):
            use("rivo", service.url, {"verify": str(ours.file)})()


def test_a_certificate_that_is_not_trusted_says_what_to_name(
    use: Callable[..., Use], service: Seen, machine: pytest.MonkeyPatch
) -> None:
    machine.delenv("HTTPS_PROXY")
    ask = use("gorgias", service.url, {})
    with pytest.raises(ApiUnavailableError, match="certificate or protocol was not accepted"):
        ask()
    assert "name the file with its CA as `verify`" in try_gorgias("gorgias_acme").sentence


def test_a_trial_names_the_host_that_a_redirect_leads_to(use: Callable[..., Use]) -> None:
    with ScriptedServer() as place:
        place.will(Reply(302, headers={"Location": "https://sso.shop.example/in?next=x"}))
        use("gorgias", place.url, {})
        sentence = try_gorgias("gorgias_acme").sentence

    assert sentence.endswith("It leads to sso.shop.example, and redirects are not followed.")


@pytest.mark.parametrize("key", ["verify", "cert"])
def test_a_file_that_is_not_there_is_named(
    key: str, use: Callable[..., Use], service: Seen, machine: object
) -> None:
    with pytest.raises(BadConnectionError, match=rf"'gorgias_acme': its {key} is to be /none.pem"):
        use("gorgias", service.url, {key: "/none.pem"})


def test_a_bundle_of_the_machine_that_is_not_there_is_named(
    use: Callable[..., Use], service: Seen, machine: pytest.MonkeyPatch
) -> None:
    machine.setenv("REQUESTS_CA_BUNDLE", "/none.pem")
    with pytest.raises(BadConnectionError, match=r"/none\.pem, by REQUESTS_CA_BUNDLE"):
        use("gorgias", service.url, {})
