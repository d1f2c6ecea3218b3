"""Tokens of the API: each opens one store until it is revoked, and is shown once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from loyalty_desk.__main__ import main
from loyalty_desk.awards.ceilings import Token
from loyalty_desk.clock import utc_now, utc_text
from loyalty_desk.connect.tokens import (
    TOKEN,
    Grant,
    NoTokenError,
    find_grant,
    is_in_use,
    list_tokens,
    make_token,
    replace_token,
    revoke_token,
    token_id_of,
)
from loyalty_desk.records import Opens
from loyalty_desk.settings import stores_file as settings
from loyalty_desk.staging.engine import reading
from tests.factories import LATER, NOW, STORE
from tests.forget import forget_engine

OTHER_STORE = "other"
Tokens = Callable[..., int]


def make(staging: Engine, store: str = STORE, label: str = "helpdesk") -> str:
    with staging.begin() as connection:
        return make_token(connection, store, NOW, label=label, made_by="eve")


def opens(staging: Engine, token: str) -> str | None:
    with reading(staging) as connection:
        grant = find_grant(connection, token, LATER)
        return grant.store if grant else None


def revoke(staging: Engine, token_id: str, store: str = STORE) -> None:
    with staging.begin() as connection:
        revoke_token(connection, store, token_id, LATER, revoked_by="bob")


def everything_kept(staging: Engine) -> str:
    with reading(staging) as connection:
        return repr(connection.execute(text("SELECT * FROM api_tokens")).all())


# --- opening ---------------------------------------------------------------------------------


def test_a_token_opens_its_store_and_no_other(staging: Engine) -> None:
    ours, theirs = make(staging), make(staging, OTHER_STORE)
    assert (opens(staging, ours), opens(staging, theirs)) == (STORE, OTHER_STORE)


def test_no_two_tokens_are_alike(staging: Engine) -> None:
    tokens = [TOKEN.fullmatch(make(staging)) for _ in range(20)]
    assert len({token[1] for token in tokens if token}) == 20
    assert len({token[2] for token in tokens if token}) == 20


def test_of_a_token_only_its_id_and_a_hash_are_kept(staging: Engine) -> None:
    token = make(staging)
    kept = everything_kept(staging)
    assert token_id_of(token) in kept
    assert token[16:] not in kept


def test_what_only_looks_like_a_token_opens_nothing(staging: Engine) -> None:
    token, other = make(staging), make(staging)
    start, secret = token[:16], token[16:]
    wrong = [
        *(
            "",
            " ",
            "ld_",
            "ld__",
            start,
            secret,
            token[:-1],
            f"{token}x",
            f"{token}\n",
            f" {token}",
        ),
        *(token.upper(), token.swapcase(), token.replace("ld_", "LD_", 1), f"{token} {token}"),
        *(f"{start}{other[16:]}", f"{other[:16]}{secret}", f"{start}{'x' * 43}", f"{start}%"),
        *(f"ld_{'0' * 12}_{secret}", f"{token[:3]}\u0660{token[4:]}", f"ld_%_{secret}"),
        *(f"{start}{secret[:-1]}\x00", f"{start}{secret[:-1]}\u00e9", "' OR 1=1 --", "x" * 100_000),
    ]
    assert [opens(staging, text) for text in wrong] == [None] * len(wrong)


# --- revoking --------------------------------------------------------------------------------


def test_a_revoked_token_opens_nothing_and_the_others_still_do(staging: Engine) -> None:
    token, other = make(staging), make(staging)
    revoke(staging, token_id_of(token))
    assert (opens(staging, token), opens(staging, other)) == (None, STORE)


def test_a_token_is_revoked_once_and_by_its_own_store(staging: Engine) -> None:
    token = make(staging)
    token_id = token_id_of(token)
    for wrong_id, store in [(token_id, OTHER_STORE), ("0" * 12, STORE), ("", STORE), ("%", STORE)]:
        with pytest.raises(NoTokenError):
            revoke(staging, wrong_id, store)
    assert opens(staging, token) == STORE
    revoke(staging, token_id)
    kept = everything_kept(staging)
    with pytest.raises(NoTokenError):
        revoke(staging, token_id)
    assert everything_kept(staging) == kept


def test_a_list_has_the_tokens_of_its_store_with_their_end(staging: Engine) -> None:
    first, second = make(staging, label="old"), make(staging, label="new")
    make(staging, OTHER_STORE, label="theirs")
    revoke(staging, token_id_of(first))
    with reading(staging) as connection:
        found = {token.label: token for token in list_tokens(connection, STORE)}
    assert set(found) == {"old", "new"}
    assert (found["old"].revoked_by, found["old"].revoked_at_utc) == ("bob", utc_text(LATER))
    assert (found["new"].token_id, found["new"].revoked_by) == (token_id_of(second), None)


# --- replacing -------------------------------------------------------------------------------


def opens_at(staging: Engine, token: str, now: datetime) -> str | None:
    with reading(staging) as connection:
        grant = find_grant(connection, token, now)
        return grant.store if grant else None


def replace(staging: Engine, token: str, store: str = STORE) -> str:
    with staging.begin() as connection:
        return replace_token(
            connection, store, token_id_of(token), NOW, made_by="bob", ends_at=LATER
        )


def test_both_tokens_hold_until_the_end_of_the_old_one(staging: Engine) -> None:
    old = make(staging)
    new = replace(staging, old)

    before = LATER - timedelta(seconds=1)
    assert [opens_at(staging, one, before) for one in (old, new)] == [STORE, STORE]
    assert [opens_at(staging, one, LATER) for one in (old, new)] == [None, STORE]


def test_a_request_that_comes_in_past_the_end_awards_nothing(staging: Engine) -> None:
    old = make(staging)
    replace(staging, old)
    token = Token(token_id=token_id_of(old))

    with reading(staging) as connection:
        assert is_in_use(connection, token, NOW)
        assert not is_in_use(connection, token, LATER)


def test_the_new_token_opens_the_same_for_the_same_owner(staging: Engine) -> None:
    with staging.begin() as connection:
        old = make_token(
            connection,
            STORE,
            NOW,
            label="widget",
            made_by="eve",
            opens=Opens.LOOKUP,
            owner="otto",
            ceilings={"max_points_per_award": 100},
        )
    new = replace(staging, old)

    with reading(staging) as connection:
        found = {one.token_id: one for one in list_tokens(connection, STORE)}
    same = ("opens", "label", "owned_by", "ceilings")
    one, other = (found[token_id_of(token)] for token in (old, new))
    assert [getattr(one, name) for name in same] == [getattr(other, name) for name in same]
    assert (other.made_by, other.ends_at_utc, one.ends_at_utc) == ("bob", None, utc_text(LATER))


def test_a_token_is_replaced_once_by_its_own_store_while_it_holds(staging: Engine) -> None:
    replaced, revoked, ours = make(staging), make(staging), make(staging)
    replace(staging, replaced)
    revoke(staging, token_id_of(revoked))
    kept = everything_kept(staging)

    for token, store in [(replaced, STORE), (revoked, STORE), (ours, OTHER_STORE)]:
        with pytest.raises(NoTokenError):
            replace(staging, token, store)
    assert everything_kept(staging) == kept


def test_a_token_with_an_end_is_revoked_before_it(staging: Engine) -> None:
    old = make(staging)
    replace(staging, old)

    revoke(staging, token_id_of(old))

    assert opens_at(staging, old, NOW) is None


# --- on the command line ---------------------------------------------------------------------


@pytest.fixture
def stores(tmp_path: Path) -> Path:
    path = tmp_path / "stores.yaml"
    path.write_text(f"stores:\n  {STORE}:\n    platform: rivo\n  other:\n    platform: rivo\n")
    return path


@pytest.fixture
def tokens(staging_url: str, stores: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tokens]:
    """Runs `tokens VERB --store acme ...` and returns its exit code."""
    monkeypatch.setenv("LOYALTY_DESK_STORES_FILE", str(stores))
    monkeypatch.setenv("LOYALTY_DESK_STAGING_URL", staging_url)
    forget_settings()
    yield lambda verb, *rest, store=STORE: main(["tokens", verb, "--store", store, *rest])
    forget_settings()


def forget_settings() -> None:
    """Settings and the staging engine are kept per process; a test has its own."""
    settings.installation.cache_clear()
    forget_engine()


def test_make_prints_a_token_that_opens_the_store_and_nothing_else(
    staging: Engine, tokens: Tokens, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tokens("make", "--label", "helpdesk") == 0
    printed = capsys.readouterr()
    token = printed.out.removesuffix("\n")
    assert opens(staging, token) == STORE
    assert printed.err == "keep it like a password; it cannot be shown again\n"


def test_a_token_may_be_made_for_lookups_and_a_list_says_so(
    staging: Engine, tokens: Tokens, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tokens("make", "--label", "widget", "--for", "lookup", "--by", "eve") == 0
    token = capsys.readouterr().out.removesuffix("\n")
    grant = Grant(store=STORE, opens=Opens.LOOKUP, token=Token(token_id=token_id_of(token)))
    with reading(staging) as connection:
        assert find_grant(connection, token, LATER) == grant

    assert tokens("list") == 0
    listed = capsys.readouterr().out
    assert listed.startswith(f"{token_id_of(token)}  for lookup, widget, made ")
    assert token[16:] not in listed


def test_list_has_a_line_a_token_and_no_secret(
    staging: Engine, tokens: Tokens, capsys: pytest.CaptureFixture[str]
) -> None:
    token = make(staging)
    token_id = token_id_of(token)
    line = f"{token_id}  for awards, helpdesk, made {utc_text(NOW)} by eve, "
    assert tokens("list") == 0
    assert capsys.readouterr().out == f"{line}in use\n"
    revoke(staging, token_id)
    assert tokens("list") == 0
    assert capsys.readouterr().out == f"{line}revoked {utc_text(LATER)} by bob\n"
    assert tokens("list", store=OTHER_STORE) == 0
    assert capsys.readouterr().out == ""


def test_revoke_takes_the_id_or_the_whole_token_and_prints_the_id(
    staging: Engine, tokens: Tokens, capsys: pytest.CaptureFixture[str]
) -> None:
    for whole in (True, False):
        token = make(staging)
        assert tokens("revoke", token if whole else token_id_of(token), "--by", "bob") == 0
        assert capsys.readouterr().out == f"{token_id_of(token)} is revoked\n"
        assert opens(staging, token) is None


def test_a_token_of_a_store_that_is_gone_can_be_revoked(
    staging: Engine, tokens: Tokens, stores: Path
) -> None:
    token = make(staging)
    stores.write_text("stores:\n  other:\n    platform: rivo\n")
    assert tokens("revoke", token) == 0
    assert opens(staging, token) is None


def test_revoke_does_not_repeat_a_token_that_it_does_not_know(
    staging: Engine, tokens: Tokens, capsys: pytest.CaptureFixture[str]
) -> None:
    token = make(staging)
    for wrong in (token[:-1], f"{token}.", "0" * 12):
        assert tokens("revoke", wrong) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err == "loyalty_desk: store acme has no such token that is in use\n"
    assert opens(staging, token) == STORE


def test_replace_prints_the_new_token_and_when_the_old_one_ends(
    staging: Engine, tokens: Tokens, capsys: pytest.CaptureFixture[str]
) -> None:
    old = make(staging)
    assert tokens("replace", token_id_of(old), "--hours", "2", "--by", "bob") == 0
    printed = capsys.readouterr()
    new = printed.out.removesuffix("\n")
    assert opens_at(staging, new, utc_now()) == opens_at(staging, old, utc_now()) == STORE
    assert opens_at(staging, old, utc_now() + timedelta(hours=2)) is None
    assert printed.err.startswith(f"{token_id_of(old)} holds until ")

    assert tokens("list") == 0
    assert " by eve, in use until " in capsys.readouterr().out
    assert tokens("replace", old) == 1


@pytest.mark.parametrize("rest", [("make", "--label", "x"), ("list",)], ids=" ".join)
def test_an_unknown_store_is_one_line(
    staging: Engine,
    tokens: Tokens,
    rest: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert tokens(*rest, store="nobody") == 1
    assert capsys.readouterr().err == (
        "loyalty_desk: no store 'nobody'; the stores file has: acme, other\n"
    )
    assert everything_kept(staging) == "[]"


def test_a_token_may_have_an_owner_and_ceilings_and_a_list_says_so(
    staging: Engine, tokens: Tokens, capsys: pytest.CaptureFixture[str]
) -> None:
    low, high = "max_points_per_award=100", "max_credits_per_token_per_day=0"
    flags = ("--label", "x", "--by", "eve", "--owner", "otto")
    assert tokens("make", *flags, "--ceiling", low, "--ceiling", high) == 0
    token = capsys.readouterr().out.removesuffix("\n")
    with reading(staging) as connection:
        grant = find_grant(connection, token, LATER)
    assert grant is not None
    assert grant.token.ceilings == {"max_points_per_award": 100, "max_credits_per_token_per_day": 0}

    assert tokens("list") == 0
    assert capsys.readouterr().out.endswith(f" by eve, in use, owned by otto, {high}, {low}\n")


@pytest.mark.parametrize(
    "ceiling", ["", "100", "max_points=1", "max_points_per_award", "max_points_per_award=-1"]
)
def test_a_ceiling_is_a_limit_that_tokens_have_and_a_number(
    staging: Engine, tokens: Tokens, ceiling: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        tokens("make", "--label", "x", "--ceiling", ceiling)
    assert everything_kept(staging) == "[]"


@pytest.mark.parametrize("label", ["", " ", "two\nlines", "\x1b[2J"])
def test_a_label_says_something_in_one_line(tokens: Tokens, label: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        tokens("make", "--label", label)
