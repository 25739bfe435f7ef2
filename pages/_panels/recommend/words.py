"""The query and the item in words, and the words that both share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from mmalign_core.types import Progress, digest_json
from mmalign_core.wording import say, tr
from mmalign_core.workflow import AnswerWords, ConceptWords, Reasons, Run, answer_words, result_words
from pages._components import errors, header, waiting
from pages._panels.recommend.answer import KeyedAnswer
from pages._session import cache
from pages._session.jobs import Task
from pages._session.results_cache import Failed

_WEAK = 0.4
"""Below this cosine the words are marked as weak: they explain less than a sixth of the vector (0.4² = 0.16)."""


def show(run: Run, keyed: KeyedAnswer, why: Reasons) -> None:
    """Draw the words, as soon as they are computed."""

    def work(progress: Progress) -> tuple[AnswerWords, ...]:
        return answer_words(
            run, keyed.answer, why.item, store=cache.store(), settings=cache.settings(), progress=progress
        )

    found = waiting.result(Task("words", keyed.key_of(why.item), "words", work), begin=True)
    if found is None:
        return
    if not found:
        st.caption(tr("This query has no vector of its own, so no words can be found for it."))
        return
    chosen = found[0]
    if len(found) > 1:
        place = st.segmented_control(
            tr("Modality"), range(len(found)), format_func=lambda place: header.modality_word(found[place].modality),
            default=0, required=True, key=f"words.of.{len(found)}", label_visibility="collapsed",
        )  # fmt: skip
        chosen = found[place or 0]
    _show(chosen)


def of_results(run: Run, keyed: KeyedAnswer) -> Mapping[str, Sequence[str]]:
    """Return result -> words that it shares with the query, {} until they are computed in the background."""

    def work(progress: Progress) -> Mapping[str, Sequence[str]]:
        return result_words(run, keyed.answer, store=cache.store(), settings=cache.settings(), progress=progress)

    task = Task("words", digest_json([keyed.key, "results"]), say("words of the results"), work)
    if isinstance(task.found, Failed):
        return {}  # the panel of words gives the reason; the cards give another one
    return waiting.result(task, begin=True) or {}


def _show(chosen: AnswerWords) -> None:
    shared = [word for word, _ in chosen.shared]
    st.markdown(tr("Near both: ") + (badges(shared, "violet") if shared else tr(":gray[no shared word]")))
    _line(tr("Query"), chosen.query, set(shared))
    _line(tr("Item"), chosen.item, set(shared))
    st.caption(
        tr(
            "A few words, from the collection and its encoders, whose vectors add up to each. They show "
            "similarity, not attribution: where the two lie, not why they lie there."
        )
    )


def _line(name: str, words: ConceptWords, shared: set[str]) -> None:
    shown = [word for word, _ in words.words]
    if not shown:
        st.markdown(tr("{name}: :gray[no word describes it]", name=name))
        return
    weak = tr(" (weak: the words leave out most of it)") if words.cosine < _WEAK else ""
    note = tr(" :small[:gray[reconstruction cosine {cosine:.2f}{weak}]]", cosine=words.cosine, weak=weak)
    st.markdown(f"{name}: " + badges(shown, "gray", shared) + note)


def badges(words: Sequence[str], colour: str, marked: set[str] | None = None) -> str:
    """Return each word as a badge of that colour, those of `marked` in violet."""
    return " ".join(
        f":{'violet' if marked and word in marked else colour}-badge[{errors.plain(word)}]" for word in words
    )
