"""What was asked with and the item in words, and the words that both share."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mmalign_core.types import Progress
from mmalign_core.workflow import AnswerWords, ConceptWords, Reasons, Run, answer_words
from pages._components import errors, header, waiting
from pages._panels.recommend.answer import KeyedAnswer
from pages._session import cache
from pages._session.jobs import Task

_WEAK = 0.4
"""Below this cosine the words leave out most of what they stand for."""


def show(run: Run, answered: KeyedAnswer, why: Reasons) -> None:
    """The words, once the collection's own are placed."""

    def work(progress: Progress) -> tuple[AnswerWords, ...]:
        return answer_words(
            run, answered.answer, why.item, store=cache.store(), settings=cache.settings(), progress=progress
        )

    found = waiting.result(Task("words", answered.key_of(why.item), "words", work), begin=True)
    if found is None:
        return
    if not found:
        st.caption("What was asked with has no place of its own to put into words.")
        return
    chosen = found[0]
    if len(found) > 1:
        place = st.segmented_control(
            "Modality", range(len(found)), format_func=lambda place: header.modality_word(found[place].modality),
            default=0, required=True, key=f"words.of.{len(found)}", label_visibility="collapsed",
        )  # fmt: skip
        chosen = found[place or 0]
    _show(chosen)


def _show(chosen: AnswerWords) -> None:
    shared = [word for word, _ in chosen.shared]
    st.markdown("Both: " + (badges(shared, "violet") if shared else ":gray[no word stands for both]"))
    _line("Asked", chosen.asked, set(shared))
    _line("Item", chosen.item, set(shared))
    st.caption(
        "The fewest words of the collection and its encoders whose places add up to theirs. Similarity, not"
        " attribution: they describe where the two lie, not what made them lie there."
    )


def _line(name: str, words: ConceptWords, shared: set[str]) -> None:
    shown = [word for word, _ in words.words]
    weak = " (weak: they leave out most of it)" if words.cosine < _WEAK else ""
    st.markdown(
        f"{name}: " + (badges(shown, "gray", shared) if shown else ":gray[no word comes near]")
        + f" :small[:gray[reconstruction cosine {words.cosine:.2f}{weak}]]"
    )  # fmt: skip


def badges(words: Sequence[str], colour: str, marked: set[str] | None = None) -> str:
    """Each word in a box of that colour, those of `marked` in violet."""
    return " ".join(
        f":{'violet' if marked and word in marked else colour}-badge[{errors.plain(word)}]" for word in words
    )
