"""The reasons for one result: shares of its score, maps of its media, counterfactuals, and words."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set

import streamlit as st

from mmalign_core.wording import say, tr
from mmalign_core.workflow import (
    DIVERSITY_SHARE,
    LANGUAGE_SHARE,
    POPULARITY_SHARE,
    Reasons,
    Run,
    all_reasons,
    answer_html,
    item_reasons,
    write_sentence,
)
from pages._components import errors
from pages._components.media import previews
from pages._components.sticky import pinned
from pages._panels.recommend import attribution, counterfactuals, sentences, shares, words
from pages._panels.recommend.answer import KeyedAnswer
from pages._panels.recommend.controls import Language
from pages._session import cache, languages, state

_HISTORY = 12
"""Items of a history that are left out in turn: each is a new ranking, so a long history would take seconds."""


def picked(answers: Sequence[KeyedAnswer]) -> tuple[KeyedAnswer, str]:
    """Return the item whose reasons are shown, and its answer: the clicked item, else the first result."""
    chosen = state.explained()
    within = next((each for each in answers if chosen in {found.id for found in each.answer.results}), None)
    return (within, str(chosen)) if within else (answers[0], answers[0].answer.results[0].id)


def show(run: Run, keyed: KeyedAnswer, item: str, language: Language) -> None:
    """Draw the panel: the item, the reason in a sentence, and the chosen part. It stays in view while cards scroll."""
    with pinned("why"):
        _panel(run, keyed, item, language)


def _panel(run: Run, keyed: KeyedAnswer, item: str, language: Language) -> None:
    why = sentences.with_language(keyed, item_reasons(keyed.answer, item, most=_HISTORY))
    _head(run, keyed, why, language)
    part = st.segmented_control(
        tr("Look at"), list(PARTS), default=next(iter(PARTS)), required=True, key="why.part", bind="query-params",
        format_func=languages.worded("why.part", PARTS), label_visibility="collapsed",
    )  # fmt: skip
    with errors.shown():
        PARTS[part or next(iter(PARTS))](run, keyed, why)
    save_button(run, keyed, language)


def _head(run: Run, keyed: KeyedAnswer, why: Reasons, language: Language) -> None:
    """Draw rank, picture, title and the sentence."""
    small, title = previews.thumbnail(run.collection, why.item), previews.title(run.collection, why.item, 90)
    rank = next(found.rank for found in keyed.answer.results if found.id == why.item)
    with st.container(horizontal=True, gap="small"):
        if small:
            st.image(small.uri, width=76, alt=title)
        with st.container(gap=None):
            st.markdown(tr("**Why #{rank}**: {title}", rank=rank, title=errors.plain(title)))
            sentences.show(run, keyed, why, language)


def _shares(run: Run, keyed: KeyedAnswer, why: Reasons) -> None:
    """Draw the shares of the score in the chosen view."""
    views = [view for view in keyed.answer.model.views if _is_informative(keyed, why, view)]
    views = views or list(keyed.answer.model.views[:1])
    view = views[0]
    if len(views) > 1:
        view = st.segmented_control(
            tr("Shares"), views, format_func=shares.heading, default=views[0],
            required=True, key="why.view", label_visibility="collapsed", persist_state="session",
        )  # fmt: skip
    view = view if view in views else views[0]
    shares.show(run.collection, why, view, against=_against(keyed, view), key="why.shares")
    st.caption(tr(_UNITS) + (tr(_STANDARDISED) if keyed.answer.model.standardised else ""))


def _against(keyed: KeyedAnswer, view: str) -> Set[str]:
    """Return the labels with a negative weight. A query part and a modality may both be called "text"."""
    if view == "signal":
        return {signal.label for signal in keyed.answer.placed.signals if signal.weight < 0}
    return keyed.answer.unlike


def _is_informative(keyed: KeyedAnswer, why: Reasons, view: str) -> bool:
    """Whether the view has several shares, apart from those of the controls, which are in every view."""
    if view == "history" and not keyed.answer.placed.history:
        return False
    return len([label for label, value in why.views[view].items() if value and label not in _CONTROLS]) > 1


_CONTROLS = (DIVERSITY_SHARE, POPULARITY_SHARE, LANGUAGE_SHARE)
_UNITS = say(
    "The parts sum to the score. “Without it”: the item's rank if that part is left out and all items are ranked again."
)
_STANDARDISED = say(" Scores are in standard deviations: 0 is the average item.")
PARTS: dict[str, Callable[[Run, KeyedAnswer, Reasons], None]] = {
    say("Shares"): _shares,
    say("Where"): attribution.show,
    say("What if"): counterfactuals.show,
    say("Words"): words.show,
}


def save_button(run: Run, keyed: KeyedAnswer, language: Language) -> None:
    """Draw a button that makes the file when it is clicked."""
    st.download_button(
        tr("Save as a page"),
        lambda: html_page(run, keyed, language),
        "recommendation.html",
        "text/html",
        key="export",
        icon=":material/download:",
        on_click="ignore",
        help=tr(
            "One HTML file with the items, their media, the reasons, and the maps computed so far; needs no network."
        ),
    )


def html_page(run: Run, keyed: KeyedAnswer, language: Language) -> str:
    """Return the answer with reasons, maps and sentences as one HTML page."""
    answer, titles = keyed.answer, cache.titles(run.collection)
    why = [sentences.with_language(keyed, each) for each in all_reasons(answer, most=_HISTORY)]
    written = {
        each.item: sentences.known(keyed, each.item, language) or write_sentence(answer, each, titles=titles)
        for each in why
    }
    maps = {each.item: made for each in why if (made := attribution.known(keyed, each.item)) is not None}
    return answer_html(answer, run=run, reasons=why, maps=maps, sentences=written, settings=cache.settings())
