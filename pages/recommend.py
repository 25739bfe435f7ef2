"""Recommend: the best items for a query, the reasons of each, and the changes that would remove it."""

from collections.abc import Sequence

import streamlit as st

from mmalign_core.wording import tr
from mmalign_core.workflow import Run
from pages._components import errors, header, waiting
from pages._components.media import previews
from pages._panels.recommend import (
    answer,
    controls,
    queries,
    query_chips,
    query_form,
    query_view,
    reasons,
    results,
    sentences,
)
from pages._session import state


@st.fragment
def page(run: Run, run_key: str) -> None:
    """Draw the query, the recommender, the results and their reasons. Only this fragment runs again on a change."""
    query_form.show(run)
    parts = query_form.current(run)
    if not parts:
        errors.empty(
            tr("Ask something"), tr("Words, a picture, a sound, an item or a user; or several of them."), "search"
        )
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
        with st.container(width="content"):
            query_chips.show(run, parts)
        with st.container(width="content"):
            chosen = controls.show(run)
    if len(chosen.models) == 1:
        one_answer(run, run_key, parts, chosen)
    else:
        two_answers(run, run_key, parts, chosen)
    previews.attribution(run.collection)


def one_answer(run: Run, run_key: str, parts: Sequence[queries.PartData], chosen: controls.Chosen) -> None:
    """Draw the query, the cards beside it, and the reasons for the picked card. The sliders are folded."""
    with errors.shown():
        fitted = answer.fitted_model(run, run_key, chosen.models[0])
        if fitted:
            tuned = controls.sliders(fitted)
            keyed = answer.answer_of(run, run_key, chosen, 0, fitted, parts, tuned)
            keyed = sentences.reordered(run, keyed, chosen.language)
            asked, left, right = st.columns([2, 5, 3.4], gap="medium")
            _, item = reasons.picked([keyed])
            with asked:
                query_view.show(run, parts)
            with left:
                results.show(run, keyed, key="recommend.cards", picked=item)
                results.chart(run, keyed.answer)
            with right:
                reasons.show(run, keyed, item, chosen.language)


def two_answers(run: Run, run_key: str, parts: Sequence[queries.PartData], chosen: controls.Chosen) -> None:
    """Draw the query, each answer as a list with its own sliders, and the reasons for the picked item."""
    summary, columns, answers = st.container(), st.columns([2, 3.2, 3.2, 3], gap="medium"), []
    k = None
    with columns[0]:
        query_view.show(run, parts)
    for place, column in enumerate(columns[1:3]):
        with column, errors.shown():
            st.markdown(f"**{errors.plain(chosen.models[place]['name'])}**")
            fitted = answer.fitted_model(run, run_key, chosen.models[place])
            if fitted:
                tuned = controls.behind(fitted, chosen.models[place]["name"], place=place, k=k)
                k = tuned.k
                answers.append(answer.answer_of(run, run_key, chosen, place, fitted, parts, tuned))
    if len(answers) == 2:
        summary.markdown(errors.plain(results.overlap(*(keyed.answer for keyed in answers))))
        keyed, item = reasons.picked(answers)
        results.show_both(run, answers, columns[1:3], item, key="recommend.cards")
        with columns[3]:
            reasons.show(run, keyed, item, chosen.language)


state.through_app("pages/recommend.py")
header.show(tr("Recommend"), tr("What would we show next, and why?"))
page(*answer.run_of(waiting.need("collection")))
