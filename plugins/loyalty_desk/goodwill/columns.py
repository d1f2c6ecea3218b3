"""Columns of large tables, read as often as they have different values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd


def each_once(column: pd.Series, read: Callable[[Any], Any]) -> pd.Series:
    """A column with each of its values read, and each different one only once."""
    places, values = pd.factorize(column, use_na_sentinel=False)
    known = [read(value) for value in values]
    return pd.Series([known[place] for place in places], index=column.index, dtype=object)
