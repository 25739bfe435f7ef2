"""The fitted recommender behind an answer: fitted once in the background, kept on the shelf for every slider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mmalign_core.jobs import JOBS, Job
from mmalign_core.types import BadInput, digest_json
from mmalign_core.workflow import FittedRecommender, Run, fit_recommender
from pages._shared import cache, errors
from pages._shared.shelf import Failed
from pages._shared.waiting import progress_bar

_EVERY = 0.5
_PATIENCE = 0.4
"""Seconds to wait before showing progress: most fits are done by then, and nothing flickers."""


def key_of(run_key: str, model: Mapping[str, Any]) -> str:
    """Digest of the run and the recommender."""
    return digest_json([run_key, model["name"], model.get("params", {})])


def need(run: Run, run_key: str, model: Mapping[str, Any]) -> FittedRecommender | None:
    """The fitted recommender, or None after its progress or what went wrong was shown in its place."""
    key = key_of(run_key, model)
    found = cache.shelf().get("recommender", key)
    job = None if found is not None else _job(key)
    if found is None and job is None:
        job = _submit(run, key, model)
        job.wait(_PATIENCE)
        found = cache.shelf().get("recommender", key)
    if isinstance(found, Failed):
        errors.show(found.reason)
        return None
    if found is None and job is not None:
        _show(run, key, model, job)
    return found


def _submit(run: Run, key: str, model: Mapping[str, Any]) -> Job[None]:
    shelf = cache.shelf()

    def work(job: Job[None]) -> None:
        try:
            fitted = fit_recommender(run, model["name"], model.get("params", {}), progress=job.progress)
        except BadInput as error:
            shelf.put("recommender", key, Failed(str(error)))
        else:
            shelf.put("recommender", key, fitted)

    return JOBS.submit(f"fit {model['name']}", work, owner=_owner(key), once=True)


def _show(run: Run, key: str, model: Mapping[str, Any], job: Job[Any]) -> None:
    """How far the fit is; when it was stopped or broke off, that and a way to start it again."""
    if not job.finished:
        st.markdown(f":gray[Fitting **{errors.plain(model['name'])}** once; every slider then answers at once.]")
        st.fragment(_poll, run_every=_EVERY)(key)
        st.skeleton(height=320)
        return
    errors.show(job.error or "the fit was stopped")
    st.button("Fit it", icon=":material/refresh:", key=f"fit.{key}", on_click=_submit, args=(run, key, model))


def _poll(key: str) -> None:
    job = _job(key)
    if job is None or job.finished:
        st.rerun()
    progress_bar(job, stop=f"fit.stop.{key}")


def _job(key: str) -> Job[Any] | None:
    return next(iter(JOBS.all(owner=_owner(key))), None)


def _owner(key: str) -> str:
    return f"recommender {key}"
