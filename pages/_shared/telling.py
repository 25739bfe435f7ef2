"""Why, in a sentence: the template's at once, or a language model's once it has written one that holds."""

from __future__ import annotations

import streamlit as st

from mmalign_core.types import digest_json
from mmalign_core.workflow import Run
from mmalign_core.workflow.reasons import Reasons
from mmalign_core.workflow.telling import TEMPLATE, Told, language_model, tell
from pages._shared import background, cache, errors
from pages._shared.answering import Answered
from pages._shared.language_menu import OFF
from pages._shared.shelf import Failed


def show(run: Run, answered: Answered, why: Reasons, name: str) -> None:
    """The sentence and who wrote it."""
    titles = cache.titles(run.collection.digest, run.collection)
    told = tell(answered.answer, why, titles=titles)
    if name == OFF:
        st.markdown(f":gray[{errors.plain(told.text)}]")
        return
    task = background.Task(
        "told",
        digest_json([answered.key_of(why.item), name]),
        "sentence",
        lambda progress: tell(answered.answer, why, language_model(name), titles=titles, progress=progress),
    )
    written = background.result(task, begin=True)
    _show(written or told, name)


def _show(told: Told, name: str) -> None:
    st.markdown(f":gray[{errors.plain(told.text)}]")
    author = "template, no language model" if told.author == TEMPLATE else told.author
    st.caption(f"Written by: {errors.plain(author)}." + (f" {errors.plain(told.rejected)}" if told.rejected else ""))


def known(answered: Answered, item: str, name: str) -> Told | None:
    """The language model's sentence about that item, if it was written already."""
    found = cache.shelf().get("told", digest_json([answered.key_of(item), name]))
    return None if isinstance(found, Failed) else found
