"""Recommend: the best items for a query, the reasons of each, and the changes that would remove it."""

from collections.abc import Sequence

import streamlit as st

from mmalign_core.workflow import Run
from pages._components import errors, header, waiting
from pages._components.media import previews
from pages._panels.recommend import answer, controls, queries, query_chips, query_form, reasons, results, sentences
from pages._session import state


@st.fragment
def page(run: Run, run_key: str) -> None:
    """Draw the query, the recommender, the results and their reasons. Only this fragment runs again on a change."""
    query_form.show(run)
    parts = query_form.current(run)
    if not parts:
        errors.empty("Ask something", "Words, a picture, a sound, an item or a user; or several of them.", "search")
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
    """Draw the sliders, then the cards with the reasons for the picked one beside them."""
    with errors.shown():
        fitted = answer.fitted_model(run, run_key, chosen.models[0])
        if fitted:
            tuned = controls.sliders(fitted)
            keyed = answer.answer_of(run, run_key, chosen, 0, fitted, parts, tuned)
            keyed = sentences.reordered(run, keyed, chosen.language)
            left, right = st.columns([5, 3], gap="large")
            _, item = reasons.picked([keyed])
            with left:
                results.show(run, keyed.answer, key="recommend.cards", picked=item)
                results.chart(run, keyed.answer)
            with right:
                reasons.show(run, keyed, item, chosen.language)


def two_answers(run: Run, run_key: str, parts: Sequence[queries.PartData], chosen: controls.Chosen) -> None:
    """Draw each answer with its own sliders and cards, and the reasons for the picked card on the right."""
    summary, columns, answers = st.container(), st.columns([3, 3, 2.6], gap="medium"), []
    k = None
    for place, column in enumerate(columns[:2]):
        with column, errors.shown():
            fitted = answer.fitted_model(run, run_key, chosen.models[place])
            if fitted:
                tuned = controls.behind(fitted, chosen.models[place]["name"], place=place, k=k)
                k = tuned.k
                answers.append(answer.answer_of(run, run_key, chosen, place, fitted, parts, tuned))
    if len(answers) == 2:
        found = [keyed.answer for keyed in answers]
        summary.markdown(errors.plain(results.overlap(*found)))
        keyed, item = reasons.picked(answers)
        results.show_both(run, found, columns[:2], item, key="recommend.cards")
        with columns[2]:
            reasons.show(run, keyed, item, chosen.language)


state.through_app("pages/recommend.py")
header.show("Recommend", "What would we show next, and why?")
page(*answer.run_of(waiting.need("collection")))
