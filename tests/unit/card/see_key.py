"""Prints as JSON what each part of the product makes of `shoe_size`, which some platform tells.

Run by `test_added_key.py` over a copy of the package with that key in it.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import punchcard

from loyalty_desk.__main__ import main
from loyalty_desk.card.keys import IF_MEMBER
from loyalty_desk.connect.widgets import template
from loyalty_desk.gorgias.fields import field_type, field_value
from loyalty_desk.lookup.answers import LookedUp
from loyalty_desk.lookup.staged import find_staged
from loyalty_desk.macros.templates import gorgias_body, load_macros
from loyalty_desk.records import Member
from loyalty_desk.report.html import write_report
from loyalty_desk.staging.engine import migrate, open_engine, reading
from loyalty_desk.staging.intake import stage_members
from loyalty_desk.staging.run_record import start_run
from loyalty_desk.sync.member_columns import Columns
from tests.factories import NOW, STORE, store_settings

KEY = "shoe_size"
ROW = {"id": 7, "email": "ada@shop.example", "name": "Ada", "points": 40, KEY: 43}


def see(folder: Path) -> dict[str, Any]:
    """What each part shows of the key."""
    store = store_settings()
    engine = open_engine(f"sqlite:///{folder / 'staging.db'}")
    migrate(engine)
    with engine.begin() as connection:
        stage_members(connection, STORE, [punchcard.read_member(ROW)], NOW, first_load=True)
        start_run(connection, STORE, "r1", {}, NOW)
    with reading(engine) as connection:
        found = find_staged(connection, store, "ada@shop.example")
    told = punchcard.PunchcardPlatform.capabilities_of({}).card_keys
    member_card, _ = template("Loyalty", told, {})["widgets"]
    (folder / "mine.yaml").write_text(
        f"name: A\ntext: 'Size {{{{card.{KEY}}}}}'\nhtml: x\nmay_be_blank: [{KEY}]\n"
    )
    [macro] = load_macros(folder)
    page = write_report(engine, STORE, "r1", folder / "run", NOW).read_text("utf-8")
    return {
        "staging": found.card.get(KEY),
        "file": from_file().card.get(KEY),
        "answer": LookedUp.of(found, "staged", NOW).content()[IF_MEMBER].get(KEY),
        "widget": next((row for row in member_card["widgets"] if row["path"] == KEY), None),
        "field": [field_type(KEY), field_value(found.card, KEY)],
        "macro": gorgias_body(macro, store)["actions"][0]["arguments"]["body_text"],
        "macro list": printed("macros", "list", "--store", "demo").splitlines()[-1],
        "report": "Shoe size" in page,
        "docs": next((line for line in printed("card").splitlines() if f"`{KEY}`" in line), None),
    }


def from_file() -> Member:
    """A member out of a row of a member file."""
    columns = {"member_id": "Id", "email": "Mail", KEY: "Shoe"}
    return Columns(source="columns.yaml", columns=columns).read_member(
        {"Id": "8", "Mail": "bo@shop.example", "Shoe": "38"}
    )


def printed(*arguments: str) -> str:
    with redirect_stdout(io.StringIO()) as out:
        main(arguments)
    return out.getvalue()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(see(Path(sys.argv[1]))))
