"""By which CA, proxy and certificate connections are used; the files that are named are real."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from loyalty_desk.doctor.finding import Finding, Severity
from tests.conftest import SetConnection
from tests.http.doctor.conftest import Installed
from tests.tls import Authority

VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return Authority(tmp_path, "ours")


@pytest.fixture
def look(installed: Installed, set_connection: SetConnection) -> Any:
    def with_extra(**extra: object) -> Finding:
        login = {"login": "agent@shop.example", "password": "key-of-nobody"}
        host = "https://acme.gorgias.example"
        told = {"conn_type": "gorgias", "host": host, **login, "extra": json.dumps(extra)}
        set_connection("gorgias_acme", **told)
        set_connection("rivo_acme", conn_type="rivo", password="key")
        gorgias, _rivo = installed.look("certificates")
        return gorgias

    return with_extra


def test_without_a_word_it_is_the_cas_of_certifi(look: Any, ours: Authority) -> None:
    found = look()

    assert (found.severity, found.store) == (Severity.FINE, "acme")
    assert found.what == "gorgias_acme: the CAs that come with the package certifi"


def test_what_the_machine_says_is_named(
    look: Any, ours: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(ours.file))
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy-user:secret@proxy.shop.example:3128")

    found = look()

    assert found.what == (
        f"gorgias_acme: the CA in {ours.file}, by REQUESTS_CA_BUNDLE;"
        " by the proxy proxy.shop.example:3128, by the variables of this machine"
    )


def test_the_connection_goes_before_the_machine(
    look: Any, ours: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nowhere.pem"))
    shown = ours.issue("the desk")

    found = look(verify=str(ours.file), cert=str(shown), proxy="http://own.shop.example:3128")

    assert found.severity is Severity.FINE
    assert found.what == (
        f"gorgias_acme: the CA in {ours.file}, by its extra, and not by REQUESTS_CA_BUNDLE;"
        f" the certificate in {shown} is shown; by the proxy own.shop.example:3128, by its extra"
    )


def test_a_ca_that_is_not_there_or_is_none_is_an_error(
    look: Any, ours: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = tmp_path / "none.pem"
    gone = look(verify=str(none))
    none.write_text("no certificate")
    empty = look(verify=str(none))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(none))
    by_machine = look()

    assert {gone.severity, empty.severity, by_machine.severity} == {Severity.ERROR}
    assert gone.what.endswith(f"in {none}, by its extra, and no such file is on this machine")
    assert empty.what.endswith("and it holds no certificate")
    assert by_machine.what.endswith(f"in {none}, by CURL_CA_BUNDLE, and it holds no certificate")
    assert by_machine.remedy.endswith("or correct CURL_CA_BUNDLE")


def test_a_client_certificate_without_its_key_is_an_error(look: Any, ours: Authority) -> None:
    found = look(verify=str(ours.file), cert=[str(ours.file), str(ours.issue("the desk"))])

    assert found.severity is Severity.ERROR
    assert "the certificate to show is to be in" in found.what


def test_looking_at_no_certificate_is_a_warning(look: Any, ours: Authority) -> None:
    assert look(verify="false").severity is Severity.WARNING


def test_without_tls_there_is_none(connected: Installed) -> None:
    gorgias, _rivo = connected.look("certificates")

    assert gorgias.severity is Severity.FINE
    assert gorgias.what.endswith("is asked without TLS")


def test_a_missing_connection_is_left_to_the_check_of_those(installed: Installed) -> None:
    gorgias, _rivo = installed.look("certificates")

    assert gorgias.severity is Severity.NOT_CHECKED
