"""Why, in a sentence: the template's at once, or a language model's once it has written one that holds."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from mmalign_core.types import digest_json
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


def show(run: Run, answered: KeyedAnswer, why: Reasons, language: Language) -> None:
    """The sentence and who wrote it."""
    titles = cache.titles(run.collection.digest, run.collection)
    told = write_sentence(answered.answer, why, titles=titles)
    if language.name == OFF:
        st.markdown(f":small[:gray[{errors.plain(told.text)}]]")
        return
    task = Task(
        "sentence",
        digest_json([answered.key_of(why.item), language.name]),
        "sentence",
        lambda progress: write_sentence(
            answered.answer, why, language_model(language.name), titles=titles, progress=progress
        ),
    )
    written = waiting.result(task, begin=True)
    _show(written or told)


def _show(told: Sentence) -> None:
    st.markdown(f":small[:gray[{errors.plain(told.text)}]]")
    author = "template, no language model" if told.author == TEMPLATE_AUTHOR else told.author
    st.caption(
        f"Written by: {errors.plain(author)}."
        + (f" {errors.plain(errors.sentence(told.rejected))}" if told.rejected else "")
    )


def reordered(run: Run, answered: KeyedAnswer, language: Language) -> KeyedAnswer:
    """The answer as the language model orders it, once it has; as it was until then, with the progress above it."""
    if not language.orders:
        return answered
    titles = cache.titles(run.collection.digest, run.collection)
    task = Task(
        "sentence",
        digest_json([answered.key, language.name, "order"]),
        "re-ranking",
        lambda progress: rerank_answer(
            answered.answer, language_model(language.name), titles=titles, progress=progress
        ),
    )
    found = waiting.result(task, begin=True)
    if found is None:
        return answered
    told = errors.sentence(found.note) if found.note else f"Re-ranked by {language.name}. {LANGUAGE_MEASURED}"
    st.caption(f":material/science: {errors.plain(told)}")
    return replace(answered, answer=found.answer)


def with_language(answered: KeyedAnswer, why: Reasons) -> Reasons:
    """The reasons with what the language model added to the score, if it had a say."""
    shares = next(found.contributions for found in answered.answer.found if found.id == why.item)
    if LANGUAGE_SHARE not in shares:
        return why
    views = {view: {**own, LANGUAGE_SHARE: shares[LANGUAGE_SHARE]} for view, own in why.views.items()}
    return replace(why, views=views, score=why.score + shares[LANGUAGE_SHARE])


def known(answered: KeyedAnswer, item: str, language: Language) -> Sentence | None:
    """The language model's sentence about that item, if it was written already."""
    found = cache.results().get("sentence", digest_json([answered.key_of(item), language.name]))
    return None if isinstance(found, Failed) else found
