"""The shown answer as one HTML file, with its reasons and what was computed so far."""

from __future__ import annotations

import streamlit as st

from mmalign_core.workflow import Run
from mmalign_core.workflow.answers.reasons import every_reason
from mmalign_core.workflow.export.exporting import as_html
from mmalign_core.workflow.wording.telling import tell
from pages._shared import cache
from pages._shared.recommend import telling, where_in_media
from pages._shared.recommend.answering import Answered
from pages._shared.recommend.language_menu import Language

_HISTORY = 12


def button(run: Run, answered: Answered, language: Language) -> None:
    """A button that makes the file when it is clicked."""
    st.download_button(
        "Save as a page",
        lambda: page(run, answered, language),
        "recommendation.html",
        "text/html",
        key="export",
        icon=":material/download:",
        on_click="ignore",
        help="One HTML file with the items, their media, the reasons, and the maps computed so far; needs no network.",
    )


def page(run: Run, answered: Answered, language: Language) -> str:
    """The file."""
    answer, titles = answered.answer, cache.titles(run.collection)
    why = [telling.with_language(answered, each) for each in every_reason(answer, most=_HISTORY)]
    told = {
        each.item: telling.known(answered, each.item, language) or tell(answer, each, titles=titles) for each in why
    }
    maps = {each.item: made for each in why if (made := where_in_media.known(answered, each.item)) is not None}
    return as_html(answer, run=run, reasons=why, maps=maps, told=told, settings=cache.settings())
