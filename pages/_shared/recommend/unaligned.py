"""The run that answers questions: the session's own, or, where no item has two modalities, one as encoded."""

from __future__ import annotations

import streamlit as st

from mmalign_core.types import Collection, Progress, digest_json
from mmalign_core.workflow import Run, encode
from mmalign_core.workflow.encoded.as_encoded import as_encoded
from pages._shared import cache, state, waiting
from pages._shared.background import Task
from pages._shared.wanted import pairs_of


def need(collection: Collection) -> tuple[Run, str]:
    """The run and the digest it is kept under; the page ends here until there is one."""
    if pairs_of(collection):
        return waiting.need("run"), state.wanted().run_key
    store, settings = cache.store(), cache.settings()

    def work(progress: Progress) -> Run:
        return as_encoded(collection, encode(collection, store=store, settings=settings, progress=progress))

    task = Task("run", digest_json(["as encoded", state.wanted().collection_key]), "encoding", work)
    run = waiting.result(task, begin=True)
    if run is None:
        st.stop()
    (modality,) = run.result.space
    st.caption(f"No item has two modalities, so nothing is aligned: each {modality} lies where its encoder puts it.")
    return run, task.key
