"""The Variable of Airflow's that holds the zones of accounts, as its own database has it."""

from __future__ import annotations

import json
from typing import Any

from loyalty_desk.hooks.account_zones import VARIABLE, _kept


def set_zones(text: str | None) -> None:
    """Have the Variable hold this; None: there is none."""
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        session.query(Variable).filter(Variable.key == VARIABLE).delete()
        if text is not None:
            session.add(Variable(key=VARIABLE, val=text))
    _kept.cache_clear()


def kept_zones() -> Any:
    """What it holds, read; None where there is none."""
    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        found = session.query(Variable).filter(Variable.key == VARIABLE).one_or_none()
        return None if found is None else json.loads(found.get_val())
