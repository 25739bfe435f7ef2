"""The answer that the page shows: the query is placed once, and every slider only ranks its results again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from mmalign_core.types import Collection, Progress, digest_json
from mmalign_core.wording import say, tr, tr_word
from mmalign_core.workflow import Answer, FittedRecommender, Run, encode, encoded_run, fit_recommender
from pages._components import errors, waiting
from pages._panels.recommend import queries
from pages._panels.recommend.controls import Chosen, Tuning
from pages._session import cache, run_cache, state
from pages._session.jobs import Task


@dataclass(frozen=True)
class KeyedAnswer:
    """An answer, and the digest of all its inputs, which is the key of everything computed from it."""

    answer: Answer
    key: str

    def key_of(self, item: str) -> str:
        """Return the digest of one of its items."""
        return digest_json([self.key, item])


def answer_of(
    run: Run,
    run_key: str,
    chosen: Chosen,
    place: int,
    fitted: FittedRecommender,
    parts: Sequence[queries.PartData],
    tuned: Tuning,
) -> KeyedAnswer:
    """Return the answer of the recommender at that place. Raises BadInput for a query that it cannot take."""
    query = queries.as_query(parts, cache.settings())
    signs = [[part["kind"], part["value"], part["weight"] > 0] for part in parts]
    mix = [float(part["weight"]) for part in parts]
    base = [model_key(run_key, chosen.models[place]), signs, chosen.seen, chosen.where]
    placed = run_cache.placed_answer(digest_json(base), chosen.seen, chosen.where, run, query, fitted)
    found = placed.again(
        k=tuned.k, weights=tuned.weights or None, mix=mix, diversity=tuned.diversity, popularity=tuned.popularity
    )
    return KeyedAnswer(found, digest_json([base, mix, asdict(tuned)]))


def model_key(run_key: str, model: Mapping[str, Any]) -> str:
    """Return the digest of the run and the recommender."""
    return digest_json([run_key, model["name"], model.get("params", {})])


def fitted_model(run: Run, run_key: str, model: Mapping[str, Any]) -> FittedRecommender | None:
    """Return the fitted recommender. While there is none, draw its progress or its error and return None."""
    store = cache.store()

    def fit(progress: Progress) -> FittedRecommender:
        return fit_recommender(
            run, model["name"], model.get("params", {}), index="auto", store=store, progress=progress
        )

    task = Task("recommender", model_key(run_key, model), say("fit of {name}", name=model["name"]), fit)
    fitted = waiting.result(task, begin=True)
    if fitted is None and task.job is not None and not task.job.finished:
        st.caption(
            tr("Fitting {name} once; after that every slider answers at once.", name=errors.plain(model["name"]))
        )
        st.skeleton(height=360)
    return fitted


def run_of(collection: Collection) -> tuple[Run, str]:
    """Return the run and its key. While there is no run, draw its progress and end the page."""
    if cache.modality_pairs(collection):
        return waiting.need("run"), state.view_spec().run_key
    store, settings = cache.store(), cache.settings()

    def work(progress: Progress) -> Run:
        return encoded_run(collection, encode(collection, store=store, settings=settings, progress=progress))

    task = Task("run", digest_json([say("as encoded"), state.view_spec().collection_key]), "encoding", work)
    run = waiting.result(task, begin=True)
    if run is None:
        st.stop()
    (modality,) = run.result.space
    st.caption(
        tr(
            "No item has two modalities, so nothing is aligned: each {modality} lies where its encoder puts it.",
            modality=tr_word(modality),
        )
    )
    return run, task.key
