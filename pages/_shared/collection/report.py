"""The validation report: what could not be used and why, and what is there twice."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mmalign_core.types import Collection
from pages._shared import errors, waiting
from pages._shared.shelf import Failed


def show(collection: Collection) -> None:
    """One line that says how the reading went, and the whole report behind it."""
    inspection = waiting.ready("inspection")
    if isinstance(inspection, Failed):
        errors.show(inspection.reason)
        return
    report = inspection.report() if inspection else {}
    skipped = report.get("skipped") or [vars(s) for s in collection.skipped]
    with st.expander(_summary(len(skipped), report), icon=":material/fact_check:", expanded=bool(skipped)):
        if skipped:
            _table(skipped)
        for line in [*collection.notes, *_twice(report)]:
            st.markdown(f"- {errors.plain(line)}")
        if not report:
            st.caption("Every file is being decoded once to check it; the rest of the report follows.")


def _summary(skipped: int, report: dict) -> str:
    words = f"{skipped:,} skipped" if skipped else "nothing skipped"
    return f"Validation report · {words}{'' if report else ' so far'}"


def _table(skipped: list[dict]) -> None:
    reason = st.column_config.TextColumn("why it was skipped", width="large")
    rows = pd.DataFrame(skipped)[["id", "modality", "reason"]]
    st.dataframe(rows, hide_index=True, alt="What was skipped and why", key="skipped", column_config={"reason": reason})


def _twice(report: dict) -> list[str]:
    """What is there more than once, in words."""
    found = report.get("duplicates", {})
    if not found:
        return []
    lines = [f"{found['exact']:,} exact and {found['near']:,} near duplicates"]
    return lines + [
        f"{row['modality']} of '{row['b']}' repeats '{row['a']}' ({row['kind']})" for row in found["examples"]
    ]
