"""The reason for a result as a sentence: from the template at once, or from a language model once one is accepted."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from mmalign_core.types import digest_json
from mmalign_core.wording import tr
from mmalign_core.workflow import (
    LANGUAGE_MEASURED,
    LANGUAGE_SHARE,
    TEMPLATE_AUTHOR,
    Reasons,
    Run,
    Sentence,
    language_model,
    rerank_answer,
    write_sentence,
)
from pages._components import errors, waiting
from pages._panels.recommend.answer import KeyedAnswer
from pages._panels.recommend.controls import OFF, Language
from pages._session import cache
from pages._session.jobs import Task
from pages._session.results_cache import Failed


def show(run: Run, keyed: KeyedAnswer, why: Reasons, language: Language) -> None:
    """Draw the sentence and its author."""
    titles = cache.titles(run.collection)
    written = write_sentence(keyed.answer, why, titles=titles)
    if language.name == OFF:
        st.markdown(f":small[:gray[{errors.plain(written.text)}]]")
        return
    task = Task(
        "sentence",
        digest_json([keyed.key_of(why.item), language.name]),
        "sentence",
        lambda progress: write_sentence(
            keyed.answer, why, language_model(language.name), titles=titles, progress=progress
        ),
    )
    _show(waiting.result(task, begin=True) or written)


def _show(written: Sentence) -> None:
    st.markdown(f":small[:gray[{errors.plain(written.text)}]]")
    author = tr("template, no language model") if written.author == TEMPLATE_AUTHOR else written.author
    st.caption(
        tr("Written by: {author}.", author=errors.plain(author))
        + (f" {errors.plain(errors.sentence(written.rejected))}" if written.rejected else "")
    )


def reordered(run: Run, keyed: KeyedAnswer, language: Language) -> KeyedAnswer:
    """Return the answer in the order of the language model.

    Until that order is there, draw the progress and return the answer unchanged.
    """
    if not language.orders:
        return keyed
    titles = cache.titles(run.collection)
    task = Task(
        "sentence",
        digest_json([keyed.key, language.name, "order"]),
        "re-ranking",
        lambda progress: rerank_answer(keyed.answer, language_model(language.name), titles=titles, progress=progress),
    )
    found = waiting.result(task, begin=True)
    if found is None:
        return keyed
    note = (
        errors.sentence(found.note)
        if found.note
        else tr("Re-ranked by {name}. {language_measured}", name=language.name, language_measured=LANGUAGE_MEASURED)
    )
    st.caption(f":material/science: {errors.plain(note)}")
    return replace(keyed, answer=found.answer)


def with_language(keyed: KeyedAnswer, why: Reasons) -> Reasons:
    """Return the reasons with the share that the language model added to the score, if it ranked."""
    shares = next(found.contributions for found in keyed.answer.results if found.id == why.item)
    if LANGUAGE_SHARE not in shares:
        return why
    views = {view: {**own, LANGUAGE_SHARE: shares[LANGUAGE_SHARE]} for view, own in why.views.items()}
    return replace(why, views=views, score=why.score + shares[LANGUAGE_SHARE])


def known(keyed: KeyedAnswer, item: str, language: Language) -> Sentence | None:
    """Return the language model's sentence about that item, or None before it is written."""
    found = cache.results().get("sentence", digest_json([keyed.key_of(item), language.name]))
    return None if isinstance(found, Failed) else found
