"""Maps of a recommendation by words, cells and segments. A button starts them; they are kept."""

from __future__ import annotations

import streamlit as st

from mmalign_core.types import Progress
from mmalign_core.wording import say, tr, tr_word
from mmalign_core.workflow import MediumMap, Reasons, RecommendationMaps, Run, explain_recommendation
from pages._components import errors, waiting
from pages._components.media import maps
from pages._components.numbers import fixed
from pages._panels.recommend.answer import KeyedAnswer
from pages._session import cache
from pages._session.jobs import Task
from pages._session.results_cache import Failed


def show(run: Run, keyed: KeyedAnswer, why: Reasons) -> None:
    """Draw the maps, or a button that starts them."""
    task = _task(run, keyed, why.item)
    if task.idle:
        st.markdown(tr("Which words, parts of the picture and moments of the sound or video make the score?"))
        st.button(tr("Explain its media"), type="primary", icon=":material/image_search:", key="maps.go",
                  on_click=task.start)  # fmt: skip
        st.caption(tr("Hundreds of masked copies are encoded in the background. It takes some seconds."))
        return
    found = waiting.result(task)
    if found is not None:
        _show(run, found)


def known(keyed: KeyedAnswer, item: str) -> RecommendationMaps | None:
    """Return the maps of that item, or None before they are made."""
    found = cache.results().get("maps", keyed.key_of(item))
    return None if isinstance(found, Failed) else found


def _task(run: Run, keyed: KeyedAnswer, item: str) -> Task:
    def work(progress: Progress) -> RecommendationMaps:
        return explain_recommendation(
            run, keyed.answer, item, store=cache.store(), settings=cache.settings(), progress=progress
        )

    return Task("maps", keyed.key_of(item), say("maps of the media"), work)


def _show(run: Run, found: RecommendationMaps) -> None:
    """Draw one medium at a time, the item's first."""
    for note in found.notes:
        st.caption(f":material/info: {errors.plain(errors.sentence(note))}")
    if not found.maps:
        return
    place = 0
    if len(found.maps) > 1:
        place = st.segmented_control(
            tr("Medium"), range(len(found.maps)), format_func=lambda place: _name(found.maps[place]), default=0,
            required=True, key=f"maps.which.{len(found.maps)}", label_visibility="collapsed",
        )  # fmt: skip
    chosen = found.maps[place or 0]
    maps.show(run, chosen.medium, chosen.map, key=f"map.{chosen.side}.{chosen.medium.modality}")
    st.caption(_sums(chosen))


def _name(mapped: MediumMap) -> str:
    return (
        tr("its {modality}", modality=tr_word(mapped.medium.modality))
        if mapped.side == "item"
        else tr("query: {label}", label=errors.plain(mapped.label))
    )


def _sums(mapped: MediumMap) -> str:
    parts = float(mapped.map.values.sum())
    name = tr("this medium") if mapped.side == "item" else tr("this part of the query")
    return tr(
        "Violet adds, gold takes away. Together {name} adds {whole} to the score: {parts} from these "
        "parts, {shared} that belongs to no single part, and {constant} that does not depend on its "
        "content.",
        name=name,
        whole=fixed(mapped.share, plus=True),
        parts=fixed(parts, plus=True),
        shared=fixed(mapped.map.rest, plus=True),
        constant=fixed(mapped.share - parts - mapped.map.rest, plus=True),
    )
