"""The caches of pages: keyed on digests or names, bounded by their bytes, shared unless the data are a person's own."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd
import streamlit as st

from mmalign_core.settings import Settings
from mmalign_core.types import Collection, Media, Recommendation
from mmalign_core.workflow import (
    AlignerCard,
    Answer,
    CorrectedScores,
    DirectionErrors,
    ErrorReport,
    FittedRecommender,
    Judgements,
    Mark,
    QueryRankings,
    QuerySpec,
    Run,
    SimilarityBlock,
    SpaceMap,
    Store,
    aligner_cards,
    answer,
    catalogue,
    describe_interests,
    error_block,
    item_titles,
    judge_in_space,
    place_on_map,
    place_part,
    query_rankings,
    query_table,
    ranked,
    read_marks,
    recommend,
    similarity_block,
)
from mmalign_core.workflow import modality_pairs as pairs_of_modalities
from pages._session import columns, places, state
from pages._session.columns import fold_columns, time_columns
from pages._session.results_cache import LIMITS, OF_A_PERSON, ResultsCache
from pages._session.sized_cache import SizedCache
from pages._session.visitors import in_session, visitor

P = ParamSpec("P")
T = TypeVar("T")
KEPT = SizedCache(192_000_000, lambda: visitor().owner)
"""What pages made of collections and runs: more than 100 times what the demo's pages need. Our choice.

Streamlit's own caches look at the signature and hash every argument anew at each call: a page asks hundreds of times.
"""


def of_person(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function whose results are kept for the person who asked, whatever the data."""
    return KEPT.keep(function, lambda: visitor().key)


def forget() -> None:
    """Forget all that is kept, for tests: `st.cache_resource.clear()` clears only Streamlit's caches."""
    KEPT.clear()
    places.forget()
    st.cache_resource.clear()


@st.cache_resource
def server_settings() -> Settings:
    """Return the settings of this server, read from the environment once."""
    return Settings()


def settings() -> Settings:
    """Return the settings for work on the open data: contents of an upload stay in its folder."""
    return settings_for(state.source() if in_session() else {"kind": "demo"})


def settings_for(source: Mapping[str, str]) -> Settings:
    """Return the settings for work on that source, for the person of this session or job."""
    return places.settings_for(visitor(), source, server_settings())


def store() -> Store:
    """Return the store for work on the open data: what is made from an upload lies with it."""
    return store_for(state.source() if in_session() else {"kind": "demo"})


def store_for(source: Mapping[str, str]) -> Store:
    """Return the store for work on that source, for the person of this session or job."""
    return places.store_for(visitor(), source, server_settings())


def home_store() -> Store:
    """Return the store of the server with the person's runs, marks and kept uploads, whatever is open."""
    return store_for({"kind": "demo"})


@st.cache_resource
def results() -> ResultsCache:
    """Return the results of background work: each session sees its own and those that all share."""
    return ResultsCache(LIMITS, owner=lambda kind: visitor().key if kind in OF_A_PERSON else visitor().owner)


@KEPT.keep
def rows_of(kind: str) -> list[dict[str, Any]]:
    """Return the catalogue rows of that kind."""
    return catalogue(kind)


@KEPT.keep
def cards() -> dict[str, AlignerCard]:
    """Return aligner -> its card, family by family."""
    return {card.name: card for card in aligner_cards()}


@KEPT.keep
def split_columns(collection: Collection) -> tuple[list[str], list[str]]:
    """Return metadata columns that can be folds, and those that can be times."""
    return fold_columns(collection), time_columns(collection)


@KEPT.keep
def ranking(keys: tuple[str, ...], seed: int, _rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return compared rows in ranking order, each compared with the best. `keys`: the keys of the rows."""
    return ranked(_rows, seed=seed).rows


@KEPT.keep
def modality_pairs(collection: Collection) -> Sequence[tuple[str, str]]:
    """Return the pairs of modalities that items have together; it looks at every item."""
    return pairs_of_modalities(collection)


@KEPT.keep
def media_by_item(collection: Collection) -> Mapping[str, Mapping[str, Sequence[Media]]]:
    """Return item -> modality -> its media."""
    found: dict[str, dict[str, list[Media]]] = {item: {} for item in collection.ids}
    for medium in collection.media:
        found[medium.item].setdefault(medium.modality, []).append(medium)
    return found


@KEPT.keep
def titles(collection: Collection) -> Mapping[str, str]:
    """Return item -> its title column, else its first text, else its id; on one line."""
    return item_titles(collection)


@KEPT.keep
def row_labels(run_key: str, modality: str, _run: Run) -> Sequence[str]:
    """Return the label of each row of that modality's set: the text of a text, else its item's title."""
    held, named = media_by_item(_run.collection), titles(_run.collection)
    rows = _run.result.space[modality]
    texts = {(m.item, m.digest): m.text for media in held.values() for m in media.get("text", ())}
    return [texts.get((item, key)) or named[item] for item, key in zip(rows.ids, rows.keys)]


@KEPT.keep
def of_collection(kind: str, collection: Collection, _make: Callable[[Collection], T]) -> T:
    """Return what `_make` makes of the collection. It is made once for each `kind` and collection."""
    return _make(collection)


@KEPT.keep
def scores(run_key: str, source: str, target: str, _run: Run) -> CorrectedScores:
    """Return all scores of one direction. A correction over all rows is computed once."""
    return _run.scores(source, target)


@KEPT.keep
def block(run_key: str, source: str, target: str, limit: int, ordering: str, _run: Run) -> SimilarityBlock:
    """Return the shown part of the similarity matrix."""
    known = scores(run_key, source, target, _run)
    return similarity_block(_run, source, target, limit=limit, ordering=ordering, scores=known)


@KEPT.keep
def judged_in_space(run_key: str, source: str, target: str, _run: Run) -> Judgements:
    """Return every query of a pair of modalities that the run did not measure, ranked in its space."""
    return judge_in_space(_run, source, target, scores=scores(run_key, source, target, _run))


@KEPT.keep
def judged_part(run_key: str, way: str, held_out: bool, _judged: Judgements) -> Judgements:
    """Return the held-out queries of a direction of the run, or the fitted ones."""
    return _judged.take(_judged.held_out if held_out else ~_judged.held_out)


@KEPT.keep
def figure(key: Hashable, _make: Callable[[], T]) -> T:
    """Return the figure that `_make` makes, which takes longer than the rest of a page. `key`: all that it shows."""
    return _make()


@KEPT.keep
def shown_errors(
    run_key: str, way: str, split: str, queries: tuple[int, ...], ordering: str, _run: Run, _judged: Judgements
) -> SimilarityBlock:
    """Return these queries against their chosen and right candidates. `split`: which queries `_judged` holds."""
    known = scores(run_key, *_judged.direction, _run)
    return error_block(_run, _judged, queries, ordering=ordering, scores=known)


@of_person
def neighbours(run_key: str, item: str, k: int, _run: Run) -> Sequence[Recommendation]:
    """Return the items nearest to one."""
    return recommend(_run, QuerySpec.of(item=item, k=k), store=store(), settings=settings())


@of_person
def query_on_map(key: str, k: int, _run: Run, _drawn: SpaceMap, _query: QuerySpec) -> tuple[np.ndarray, Sequence[str]]:
    """Return where a query of one text or file lies on the map, and its k nearest items. `key`: digest of all."""
    row = place_part(_run, _query, store=store(), settings=settings())
    found = recommend(_run, replace(_query, k=k), store=store(), settings=settings())
    return place_on_map(_run, _drawn, row)[0], [one.id for one in found]


@of_person
def placed_answer(
    key: str, seen: bool, where: tuple[str, ...], _run: Run, _query: QuerySpec, _fitted: FittedRecommender
) -> Answer:
    """Return the answer to a query that is placed once. `key`: its digest. Sliders rank again by `Answer.again`."""
    query = replace(_query, where=where, include_seen=seen)
    return answer(_run, query, store=store(), recommender=_fitted, settings=settings())


@KEPT.keep
def conditions(collection: Collection) -> list[str]:
    """Return suggested conditions on items."""
    return columns.conditions(collection)


@KEPT.keep
def users(collection: Collection) -> Sequence[str]:
    """Return all users of the interactions, in order of appearance."""
    table = collection.interactions
    return [] if table is None else table["user_id"].astype(str).unique().tolist()


@KEPT.keep
def met_by(collection: Collection, user: str) -> Sequence[str]:
    """Return items that the user has met, each once, in the order of the interactions."""
    table = collection.interactions
    if table is None:
        return []
    return list(dict.fromkeys(table.loc[table["user_id"].astype(str) == user, "item_id"].astype(str)))


@KEPT.keep
def interests_of(collection: Collection, items: tuple[str, ...]) -> str:
    """Return a sentence on words that these items share more than the rest of the collection."""
    return describe_interests(collection, items).text


@KEPT.keep
def placed_items(digest: str, _run: Run) -> Sequence[str]:
    """Return items with a place in the run's space, in the collection's order."""
    known = {item for rows in _run.result.space.values() for item in rows.ids}
    return [item for item in _run.collection.ids if item in known]


def marks(collection: Collection) -> Sequence[Mark]:
    """Return the current marks of the collection, oldest first; read again when a log has grown."""
    logs = sorted(store().marks.folder.glob("*"))
    return _marks(collection, tuple((str(log), log.stat().st_size) for log in logs))


@KEPT.keep
def _marks(collection: Collection, logs: tuple[tuple[str, int], ...]) -> Sequence[Mark]:
    return read_marks(collection, store())


@KEPT.keep
def queries(run_key: str, _report: ErrorReport) -> pd.DataFrame:
    """Return one row for each judged query of the run."""
    return query_table(_report)


@KEPT.keep
def query_rankings_of(run_key: str, way: str, _run: Run, _errors: DirectionErrors) -> QueryRankings:
    """Return the scores of all candidates of each query of this direction."""
    return query_rankings(_run, _errors.judgements)
