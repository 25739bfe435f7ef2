"""Headings of tables in the language of the reader; the columns keep their English names, in files too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mmalign_core.wording import tr_word


def headings(table: pd.DataFrame, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the configuration of the table's columns, with the words of their names as headings.

    A heading that `config` gives stays. Columns that have a name of the data's keep it.
    """
    found = dict(config or {})
    for name in map(str, table.columns):
        own = found.get(name)
        label = tr_word(own["label"] if isinstance(own, dict) and own.get("label") else name)
        if label != name:
            found[name] = {**(own or {}), "label": label}
    return found
