"""The fitted recommender behind an answer: fitted once in the background, kept on the shelf for every slider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mmalign_core.types import digest_json
from mmalign_core.workflow import FittedRecommender, Run, fit_recommender
from pages._shared import errors, waiting
from pages._shared.background import Task


def key_of(run_key: str, model: Mapping[str, Any]) -> str:
    """Digest of the run and the recommender."""
    return digest_json([run_key, model["name"], model.get("params", {})])


def need(run: Run, run_key: str, model: Mapping[str, Any]) -> FittedRecommender | None:
    """The fitted recommender, or None after its progress or what went wrong was shown in its place."""
    task = Task(
        "recommender",
        key_of(run_key, model),
        f"fit of {model['name']}",
        lambda progress: fit_recommender(run, model["name"], model.get("params", {}), progress=progress),
    )
    fitted = waiting.result(task, begin=True)
    if fitted is None and task.job is not None and not task.job.finished:
        st.caption(f"Fitting {errors.plain(model['name'])} once; after that every slider answers at once.")
        st.skeleton(height=360)
    return fitted
