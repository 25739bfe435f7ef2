"""Explanation of the similarity of two media: maps over both, its components or anchors, and words."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mmalign_core.types import EmbeddingSet, Progress
from mmalign_core.wording import say, tr, tr_word
from mmalign_core.workflow import PairExplanation, Run, explain_pair
from pages._components import errors, exports, header, waiting
from pages._components.headings import headings
from pages._components.media import maps, previews
from pages._panels.recommend.words import badges
from pages._session import cache
from pages._session.jobs import Task


def show(run: Run, run_key: str, query: tuple[str, int], candidate: tuple[str, int]) -> None:
    """Draw the explanation of the pair, each (modality, row of the space), or a button that starts it."""
    source, target = (medium_name(run.result.space[modality], row) for modality, row in (query, candidate))
    show_pair(run, run_key, source, target)


def show_pair(run: Run, run_key: str, source: tuple[str, str], target: tuple[str, str]) -> None:
    """Draw the explanation of two media, each named as by `medium_name`, or a button that starts it."""

    def work(progress: Progress) -> PairExplanation:
        return explain_pair(run, source, target, store=cache.store(), settings=cache.settings(), progress=progress)

    key = " ".join((run_key, *source, *target))
    task = Task("pair", key, say("reasons for this pair"), work)
    if task.idle:
        st.button(tr("Why are these two near, or far?"), icon=":material/image_search:", key="pair.go",
                  on_click=task.start,
                  help=tr("Masked copies of both are encoded in the background. It takes some seconds."))  # fmt: skip
        return
    found = waiting.result(task)
    if found is not None:
        _show(run, found)


def medium_name(rows: EmbeddingSet, row: int) -> tuple[str, str]:
    """Return (modality, "ID#n") of a row: the item's nth medium of that modality."""
    return rows.modality, f"{rows.ids[row]}#{rows.ids[: row + 1].count(rows.ids[row])}"


def _show(run: Run, found: PairExplanation) -> None:
    st.subheader(tr("Why their cosine is {score:.3f}", score=found.score), anchor=False)
    columns = st.columns(2, gap="large")
    for column, side, placed in zip(columns, ("a", "b"), (found.a, found.b)):
        with column:
            st.markdown(
                f"{header.modality_word(placed.modality)} · {errors.plain(previews.title(run.collection, placed.item))}"
            )
            if side in found.maps and placed.medium:
                maps.show(run, placed.medium, found.maps[side], key=f"pair.{side}.{placed.modality}")
    _terms(run, found)
    if found.concepts:
        words = found.concepts
        shared = [word for word, _ in words.shared]
        st.markdown(tr("Words for both: ") + (badges(shared, "violet") if shared else tr(":gray[none]")))
        st.caption(
            tr(
                "Words near both: they show similarity, not attribution. Reconstruction cosines {first:.2f} and "
                "{second:.2f}.",
                first=words.a.cosine,
                second=words.b.cosine,
            )
        )
    for note in found.notes:
        st.caption(f":material/info: {errors.plain(errors.sentence(note))}")


def _terms(run: Run, found: PairExplanation) -> None:
    """Draw the similarity as a sum of components or anchors, if the aligner allows it."""
    if found.components:
        st.markdown(
            tr("As a sum over the components of the space. Items and words are those farthest along a component.")
        )
        rows = [
            {"component": c.number, "adds": c.value, "items": _titles(run, c.items), "words": ", ".join(c.words)}
            for c in found.components
        ]
        frame = pd.DataFrame([*rows, {"items": tr("all other components"), "adds": found.component_rest}])
        st.dataframe(frame, column_config=headings(frame), hide_index=True, alt=tr("What each component adds"))
        exports.table(frame, "components", key="explanation.components")
    if found.anchors:
        st.markdown(tr("As a sum over the known pairs (anchors) that both are compared with"))
        rows = [{"known pair": _titles(run, (item,)), "adds": value} for item, value in found.anchors]
        frame = pd.DataFrame([*rows, {"known pair": tr("all others"), "adds": found.anchor_rest}])
        st.dataframe(frame, column_config=headings(frame), hide_index=True, alt=tr("What each known pair adds"))
        exports.table(frame, "known-pairs", key="explanation.anchors")
    if found.parts:
        st.markdown(tr("As a sum over kinds of evidence"))
        frame = pd.DataFrame(found.parts, columns=["evidence", "adds"])
        st.dataframe(frame, column_config=headings(frame), hide_index=True, alt=tr("What each kind of evidence adds"))
        exports.table(frame, "evidence", key="explanation.parts")
    for side, weights in found.attention.items():
        placed = found.a if side == "a" else found.b
        named = ", ".join(f"{_titles(run, (item,))} {weight:.2f}" for item, weight in weights[:5])
        st.caption(
            tr(
                "Attention weights of its {modality} (not attribution): {named}",
                modality=tr_word(placed.modality),
                named=errors.plain(named),
            )
        )


def _titles(run: Run, items: tuple[str, ...]) -> str:
    return ", ".join(previews.title(run.collection, item, 30) for item in items)
