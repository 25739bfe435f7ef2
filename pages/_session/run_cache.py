"""What pages ask of a run again and again: scores, rankings, labels and answers, kept under the key of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.types import Recommendation
from mmalign_core.workflow import (
    Answer,
    CorrectedScores,
    DirectionErrors,
    ErrorReport,
    FittedRecommender,
    Judgements,
    QueryRankings,
    QuerySpec,
    Run,
    SimilarityBlock,
    SpaceMap,
    answer,
    error_block,
    judge_in_space,
    place_on_map,
    place_part,
    query_rankings,
    query_table,
    ranked,
    recommend,
    similarity_block,
)
from pages._session import cache


@cache.KEPT.keep
def ranking(keys: tuple[str, ...], seed: int, _rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return compared rows in ranking order, each compared with the best. `keys`: the keys of the rows."""
    return ranked(_rows, seed=seed).rows


@cache.KEPT.keep
def row_labels(run_key: str, modality: str, _run: Run) -> Sequence[str]:
    """Return the label of each row of that modality's set: the text of a text, else its item's title."""
    held, named = cache.media_by_item(_run.collection), cache.titles(_run.collection)
    rows = _run.result.space[modality]
    texts = {(m.item, m.digest): m.text for media in held.values() for m in media.get("text", ())}
    return [texts.get((item, key)) or named[item] for item, key in zip(rows.ids, rows.keys)]


@cache.KEPT.keep
def scores(run_key: str, source: str, target: str, _run: Run) -> CorrectedScores:
    """Return all scores of one direction. A correction over all rows is computed once."""
    return _run.scores(source, target)


@cache.KEPT.keep
def block(run_key: str, source: str, target: str, limit: int, ordering: str, _run: Run) -> SimilarityBlock:
    """Return the shown part of the similarity matrix."""
    known = scores(run_key, source, target, _run)
    return similarity_block(_run, source, target, limit=limit, ordering=ordering, scores=known)


@cache.KEPT.keep
def judged_in_space(run_key: str, source: str, target: str, _run: Run) -> Judgements:
    """Return every query of a pair of modalities that the run did not measure, ranked in its space."""
    return judge_in_space(_run, source, target, scores=scores(run_key, source, target, _run))


@cache.KEPT.keep
def judged_part(run_key: str, way: str, held_out: bool, _judged: Judgements) -> Judgements:
    """Return the held-out queries of a direction of the run, or the fitted ones."""
    return _judged.take(_judged.held_out if held_out else ~_judged.held_out)


@cache.KEPT.keep
def shown_errors(
    run_key: str, way: str, split: str, queries: tuple[int, ...], ordering: str, _run: Run, _judged: Judgements
) -> SimilarityBlock:
    """Return these queries against their chosen and right candidates. `split`: which queries `_judged` holds."""
    known = scores(run_key, *_judged.direction, _run)
    return error_block(_run, _judged, queries, ordering=ordering, scores=known)


@cache.of_person
def neighbours(run_key: str, item: str, k: int, _run: Run) -> Sequence[Recommendation]:
    """Return the items nearest to one."""
    return recommend(_run, QuerySpec.of(item=item, k=k), store=cache.store(), settings=cache.settings())


@cache.of_person
def query_on_map(key: str, k: int, _run: Run, _drawn: SpaceMap, _query: QuerySpec) -> tuple[np.ndarray, Sequence[str]]:
    """Return where a query of one text or file lies on the map, and its k nearest items. `key`: digest of all."""
    row = place_part(_run, _query, store=cache.store(), settings=cache.settings())
    found = recommend(_run, replace(_query, k=k), store=cache.store(), settings=cache.settings())
    return place_on_map(_run, _drawn, row)[0], [one.id for one in found]


@cache.of_person
def placed_answer(
    key: str, seen: bool, where: tuple[str, ...], _run: Run, _query: QuerySpec, _fitted: FittedRecommender
) -> Answer:
    """Return the answer to a query that is placed once. `key`: its digest. Sliders rank again by `Answer.again`."""
    query = replace(_query, where=where, include_seen=seen)
    return answer(_run, query, store=cache.store(), recommender=_fitted, settings=cache.settings())


@cache.KEPT.keep
def placed_items(digest: str, _run: Run) -> Sequence[str]:
    """Return items with a place in the run's space, in the collection's order."""
    known = {item for rows in _run.result.space.values() for item in rows.ids}
    return [item for item in _run.collection.ids if item in known]


@cache.KEPT.keep
def queries(run_key: str, _report: ErrorReport) -> pd.DataFrame:
    """Return one row for each judged query of the run."""
    return query_table(_report)


@cache.KEPT.keep
def query_rankings_of(run_key: str, way: str, _run: Run, _errors: DirectionErrors) -> QueryRankings:
    """Return the scores of all candidates of each query of this direction."""
    return query_rankings(_run, _errors.judgements)
