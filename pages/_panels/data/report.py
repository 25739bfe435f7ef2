"""The validation report: what was skipped and why, and every duplicate, each as a table to download."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from mmalign_core.types import Collection
from mmalign_core.wording import say, tr, tr_any, tr_many, tr_word
from mmalign_core.workflow import Inspection, LongTexts, Run, long_texts_of
from pages._components import errors, exports
from pages._components.headings import headings
from pages._session import cache, pipeline, state
from pages._session.results_cache import Failed

_REASON = st.column_config.TextColumn(say("why it was skipped"), width="large")


def show(collection: Collection) -> None:
    """Draw the report: a summary line that opens to the whole report."""
    found = pipeline.ready("inspection")
    if isinstance(found, Failed):
        errors.show(found.reason)
        return
    skipped = found.skipped if found else collection.skipped
    with st.expander(
        _summary(sum(one.count for one in skipped), found), icon=":material/fact_check:", expanded=bool(skipped)
    ):
        if skipped:
            skipped_table(collection, found, key="skipped")
        if found is not None and found.all_duplicates:
            _duplicates(found)
        for line in (*collection.notes, *_long_texts(collection)):
            st.markdown(f"- {errors.plain(line)}")
        if found is None:
            st.caption(tr("Every file is now decoded once to check it. Then the report is complete."))


def _long_texts(collection: Collection) -> list[str]:
    """Return a sentence on texts longer than their encoder reads, of the run or else of the default encoder."""
    run = pipeline.ready("run")
    if isinstance(run, Run):
        told = run.report.get("long_texts")
        return [LongTexts.of(told).sentence()] if told else []
    if state.view_spec().choices.get("encoders", {}).get("text"):
        return []
    found = cache.of_collection("long texts", collection, long_texts_of)
    return [found.sentence()] if found else []


def skipped_table(collection: Collection, inspection: Inspection | None, *, key: str) -> None:
    """Draw what was skipped, damaged media among it, and why."""
    rows = inspection.skipped if inspection else collection.skipped
    told = [
        {
            "id": s.id,
            "modality": tr_word(s.modality),
            "reason": tr_any(s.reason),
            "count": s.count,
            "ids": ", ".join(s.items),
        }
        for s in rows
    ]
    table = pd.DataFrame(told)
    _table(
        table,
        tr("What was skipped and why"),
        "skipped",
        key=key,
        columns={"reason": st.column_config.TextColumn(tr("why it was skipped"), width="large")},
    )


def _summary(skipped: int, inspection: Inspection | None) -> str:
    """Return the title: how many were skipped, and how many are duplicates."""
    words = tr("{skipped:,} skipped", skipped=skipped) if skipped else tr("nothing skipped")
    if inspection is None:
        return tr("Validation report · {words} so far", words=words)
    many = len(inspection.all_duplicates)
    repeated = tr("no duplicates") if not many else tr_many("{n:,} duplicate", "{n:,} duplicates", n=many)
    return tr("Validation report · {words}, {repeated}", words=words, repeated=repeated)


def _duplicates(inspection: Inspection) -> None:
    found = inspection.duplicates
    st.markdown(tr("**{exact:,} exact and {near:,} near duplicates**", exact=found["exact"], near=found["near"]))
    table = pd.DataFrame([dict(row) for row in inspection.all_duplicates])[["modality", "kind", "b", "a"]]
    names = {"b": "item", "a": "repeats"}
    _table(table.rename(columns=names), tr("Every duplicate and what it repeats"), "duplicates", key="duplicates")


def _table(table: pd.DataFrame, alt: str, file: str, *, key: str, columns: dict[str, Any] | None = None) -> None:
    """Draw all rows, and buttons that save them."""
    st.dataframe(table, hide_index=True, alt=alt, key=key, column_config=headings(table, columns))
    exports.table(table, file, key=key)
