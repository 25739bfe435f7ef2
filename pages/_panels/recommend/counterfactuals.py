"""Counterfactuals: the smallest change that takes an item out of the list.

A change leaves out words of a text, cells of a picture, stretches of a sound, or items of a history.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from mmalign_core.types import Progress
from mmalign_core.wording import say, tr, tr_many
from mmalign_core.workflow import Counterfactual, Reasons, Run, counterfactuals
from pages._components import errors, header, waiting
from pages._components.media import previews
from pages._panels.recommend.answer import KeyedAnswer
from pages._session import cache, media_cache
from pages._session.jobs import Task
from pages._session.thumbnails import pixels_thumbnail

Changes = tuple[tuple[Counterfactual, ...], tuple[str, ...]]
_MASKED = np.array([128, 128, 128], np.uint8)
"""Mid-grey, the colour of masked cells in the masked copies."""
_MOST_NAMED = 6
"""Names in one line; they fill the width of the panel."""


def show(run: Run, keyed: KeyedAnswer, why: Reasons) -> None:
    """Draw the changes, smallest first, or a button that starts the search."""

    def work(progress: Progress) -> Changes:
        return counterfactuals(
            run, keyed.answer, why.item, store=cache.store(), settings=cache.settings(), progress=progress
        )

    task = Task("counterfactual", keyed.key_of(why.item), say("smallest changes"), work)
    if task.idle:
        st.markdown(tr("Which smallest change takes it out of the first {k}?", k=keyed.answer.query.k))
        st.button(tr("Search for it"), type="primary", icon=":material/content_cut:", key="undo.go",
                  on_click=task.start)  # fmt: skip
        st.caption(tr("Up to a few hundred changes are tested in the background. It takes some seconds."))
        return
    found = waiting.result(task)
    if found is not None:
        _show(run, *found)


def _show(run: Run, changes: tuple[Counterfactual, ...], notes: tuple[str, ...]) -> None:
    for change in sorted(changes, key=lambda change: len(change.parts) if change.parts else 10_000):
        _change(run, change)
    for note in notes:
        st.caption(f":material/info: {errors.plain(errors.sentence(note))}")
    if changes:
        st.caption(tr("Exact ranks by score: the parts are left out and all items are ranked again, before diversity."))


def _change(run: Run, change: Counterfactual) -> None:
    """Draw the changed medium, what is left out of it, and the rank before and after."""
    name = header.modality_word(change.medium.modality) if change.medium else tr(":material/history: history")
    if change.medium:
        more = "" if change.label == change.medium.modality else f" ({errors.plain(change.label)})"
        name += tr(" of the item") if change.side == "item" else tr(" of the query{more}", more=more)
    with st.container(border=True, gap="xsmall"):
        if change.parts is None:
            st.markdown(tr("{name} · :gray[no change found ({tried} tested)]", name=name, tried=change.tried))
            return
        size = tr("smallest change") if change.smallest else tr("a small change")
        count = tr_many("{n} part", "{n} parts", n=len(change.parts))
        st.markdown(
            tr(
                "{name} · rank **{rank} → {without:,}** :small[:gray[{size}: {count}]]",
                name=name,
                rank=change.rank,
                without=change.without,
                size=size,
                count=count,
            )
        )
        _parts(run, change)


def _parts(run: Run, change: Counterfactual) -> None:
    """Draw the left-out parts: struck words, a picture with masked cells, or names."""
    assert change.parts is not None
    if change.medium is not None and change.medium.modality == "text":
        st.markdown(_struck(run, change))
    elif change.medium is not None and change.medium.modality == "image":
        pixels = media_cache.view_of(change.medium, run.encoders["image"]).copy()
        for left, top, right, bottom in (part.place for part in change.parts):
            rows, columns = (np.round(np.array(ends) * side).astype(int) for ends, side in zip(
                ((top, bottom), (left, right)), pixels.shape))  # fmt: skip
            pixels[slice(*rows), slice(*columns)] = _MASKED
        st.image(pixels_thumbnail(pixels, 200).uri, width=150, alt=tr("The picture with those cells masked"))
    else:
        titled = change.side == "history"
        names = [previews.title(run.collection, p.label) if titled else p.label for p in change.parts[:_MOST_NAMED]]
        more = tr(" and {n} more", n=len(change.parts) - _MOST_NAMED) if len(change.parts) > _MOST_NAMED else ""
        st.markdown(tr("without ") + ", ".join(f"**{errors.plain(name)}**" for name in names) + more)


def _struck(run: Run, change: Counterfactual) -> str:
    """Return the text as Markdown with the left-out words struck."""
    assert change.medium is not None and change.parts is not None
    text, pieces, done = media_cache.view_of(change.medium, run.encoders["text"]), [], 0
    for start, end in sorted((int(part.place[0]), int(part.place[1])) for part in change.parts):
        pieces += [errors.plain(text[done:start]), f":red[~~{errors.plain(text[start:end])}~~]"]
        done = end
    return "".join([*pieces, errors.plain(text[done : done + 400])]).replace("\n", " ")
