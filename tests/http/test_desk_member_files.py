"""A member file on the desk: shown as a sync would take it, and nothing of it is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from loyalty_desk.settings import stores_file
from loyalty_desk.staging.people_schema import members
from tests.factories import STORE
from tests.http.desk import DeskClient
from tests.http.desk_world import HTML, fill

WHERE = "/quality/member-file"
HEAD = "Id,Mail,Name,Points\n"


@pytest.fixture
def manager(
    serve: Callable[..., DeskClient], staging: Engine, staging_url: str, tmp_path: Path
) -> DeskClient:
    columns = tmp_path / "columns.yaml"
    columns.write_text(
        "columns: {member_id: Id, email: Mail, name: Name, points_balance: Points}\n"
    )
    files = {"folder": str(tmp_path), "columns": str(columns), "holds": "everybody"}
    client = serve(staging_url, member_files=files)
    fill(staging, stores_file.stores_file().get(STORE))
    return client.as_user("manager")


def sent(user: DeskClient, content: str | bytes, name: str = "members.csv") -> Any:
    return user.post(WHERE, {}, files={"file": (name, content, "text/csv")})


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def known(staging: Engine) -> list[Any]:
    with staging.connect() as connection:
        return sorted(map(tuple, connection.execute(select(members))))


def test_it_says_who_is_new_changed_gone_or_not_usable_and_keeps_nothing(
    manager: DeskClient, staging: Engine, tmp_path: Path
) -> None:
    before, lying = known(staging), sorted(tmp_path.iterdir())
    rows = "m1,ada@gmail.com,Ada Byron,125\nm2,grace@example.test,Grace Hopper,900\n"
    rows += f"m9,new@shop.example,{HTML},5\nm3,twin@example.test,Twin,many\n"

    shown = sent(manager, HEAD + rows)

    text = text_of(shown.text)
    for words in (
        "1 new, 2 changed, 1 not usable, 1 gone.",
        "All rows 4",
        "What changes, by field Field Members Tier rank 2 Points 1",
        "m3 Points",
        "New members: 1 m9",
        "Members who are gone: 1 m4",
    ):
        assert words in text, (words, text)
    assert HTML not in shown.text
    assert "A sync would stop" not in text
    nearly_nobody = text_of(sent(manager, f"{HEAD}m1,ada@gmail.com,Ada,1\n").text)
    assert "A sync would stop, and take nothing over: " in nearly_nobody
    assert "new@shop.example" not in shown.text, "ids are enough"
    assert known(staging) == before
    assert sorted(tmp_path.iterdir()) == lying
    assert "What a member file would do" in manager.get("/quality").text


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            "members.csv",
            "Id,Mail\n1,\n",
            "members.csv has no column 'Name', 'Points'",
        ),
        ("book.xlsx", b"PK\x03\x04abc", "book.xlsx is an archive or a workbook"),
        ("../../etc/passwd", "nothing\n", "etc_passwd has no column"),
        ("..", b"\xff\xfe\x00", "is not text in utf-8-sig"),
    ],
)
def test_what_is_no_member_file_is_said(
    manager: DeskClient, name: str, content: str | bytes, says: str
) -> None:
    answer = sent(manager, content, name)

    assert answer.status_code == 400
    assert says in unescape(answer.text)
    assert "/tmp" not in answer.text


def test_it_is_for_who_may_sync(manager: DeskClient) -> None:
    assert manager.post(WHERE, {}).status_code == 400, "no file"
    for name in ("viewer", "agent"):
        user = manager.as_user(name)
        assert user.get(WHERE).status_code == 403
        assert "What a member file would do" not in user.get("/quality").text
