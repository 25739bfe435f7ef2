"""Use case: several recommenders on the same split of the interactions, with one row each, best first."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mmalign_core.cost import Cost, timed
from mmalign_core.metrics.bootstrap import interval, resampled_means
from mmalign_core.metrics.recommendation import (
    best_lists,
    coverage,
    diversity,
    novelty,
    right_ranks,
    user_metrics,
    wrong_above,
)
from mmalign_core.progress import within
from mmalign_core.recommend import RECOMMENDERS, Interactions, PlacedItems, Recommender
from mmalign_core.recommend.methods.random_order import RandomOrder
from mmalign_core.types import BadInput, Cancelled, Progress, digest_json, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.evaluation.ranking import Board, Row, ranked
from mmalign_core.workflow.evaluation.trials import Protocol, Trial, trial

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A recommender to measure, by name, with the parameters that differ from the defaults."""

    recommender: str
    params: Mapping[str, Any] = field(default_factory=dict)


def evaluate(
    items: PlacedItems,
    interactions: Interactions,
    entries: Sequence[Entry],
    protocol: Protocol | None = None,
    *,
    progress: Progress = no_progress,
    publish: Callable[[Row], None] = lambda row: None,
    publish_facts: Callable[[Mapping[str, Any]], None] = lambda facts: None,
    finished: Sequence[Row] = (),
) -> Board:
    """Fit every entry on the same training events and measure it on the others, together with a random order.

    Items that a user met in training are no candidates. A row holds: recommender, params, settled (values chosen by the
    fit), baseline, metrics and ci95 (slice of `trials.SLICES` -> metric -> value; each with n users, n_right answers
    and candidates; "all" also with coverage@k, novelty@k and diversity@k of the lists; a slice without right answers is
    left out), quality (NDCG@k of "all", the ranking criterion), seconds {fit, score}, score_ms_per_user, peak_rss_mb,
    added_mb (as `compare`), error, key, and drawn: the resampled means, left out of JSON. Coverage is a property of all
    lists together and has no interval. A failing recommender does not stop the others. `publish_facts` gets the facts
    before the first fit. `publish`, `finished` and cancelling as in `compare`. BadInput before any fit if nothing can
    be measured.
    """
    models = check_entries(entries)
    ready = trial(items, interactions, protocol or Protocol())
    publish_facts(ready.facts)
    rows = []
    for number, model in enumerate([RandomOrder(), *models]):
        shown = within(progress, number / (len(models) + 1), (number + 1) / (len(models) + 1), f"{model.name}: ")
        key = digest_json([ready.digest, model.name, model.params])
        row = next((row for row in finished if row["key"] == key), None)
        if row is None:
            row = {"key": key, **_row(ready, model, shown)}
            publish(row)
        rows.append(row)
    progress(1.0, say("{n} recommenders measured", n=len(models)))
    return ranked(rows, ready.facts)


def check_entries(entries: Sequence[Entry]) -> list[Recommender]:
    """Return the recommenders, unfitted. BadInput for no entry, an unknown name, or two equal entries."""
    if not entries:
        raise BadInput(say("there is nothing to measure; name at least one recommender"))
    models = [RECOMMENDERS.create(entry.recommender, **entry.params) for entry in entries]
    seen = [(model.name, model.params) for model in models]
    for place, one in enumerate(seen):
        if one in seen[:place]:
            raise BadInput(say("'{one}' is named twice with the same parameters; name it once", one=one[0]))
    return models


def _row(ready: Trial, model: Recommender, progress: Progress) -> Row:
    about = {
        "recommender": model.name,
        "params": model.params,
        "baseline": isinstance(model, RandomOrder),
        "reads_places": model.reads_places,
        "needs_interactions": model.needs_interactions,
        **{part: {} for part in ("settled", "metrics", "ci95", "drawn", "seconds")},
        **dict.fromkeys(("quality", "score_ms_per_user", "peak_rss_mb", "added_mb")),
        "error": None,
    }
    try:
        return about | _measured(ready, model, progress)
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001  the failure of one recommender must not lose the others' results
        return about | {"error": _reason(error)}


def _measured(ready: Trial, model: Recommender, progress: Progress) -> dict[str, Any]:
    cost = Cost({"fit": 0.0, "score": 0.0})
    with cost.fitting():
        seed = ready.protocol.seed
        model.fit(ready.items, ready.split.train, seed=seed, progress=within(progress, 0.0, 0.6))
    lists, wrong = _answers(ready, model, cost, within(progress, 0.6, 0.9))
    progress(0.9, say("drawing its intervals"))
    slices = _slices(ready, lists, wrong)
    drawn = {name: resampled_means(values, seed=ready.protocol.seed) for name, (values, _) in slices.items()}
    metrics = {
        name: {m: float(v.mean()) for m, v in values.items()} | sizes for name, (values, sizes) in slices.items()
    }
    metrics["all"][f"coverage@{ready.protocol.k}"] = coverage(lists, len(ready.items.ids))
    return {
        "settled": dict(model.settled),
        "metrics": metrics,
        "ci95": {name: {m: interval(v) for m, v in means.items()} for name, means in drawn.items()},
        "drawn": drawn,
        "quality": metrics["all"][f"ndcg@{ready.protocol.k}"],
        "seconds": cost.seconds,
        "score_ms_per_user": round(1000 * cost.seconds["score"] / len(ready.users), 4),
        "peak_rss_mb": cost.fit_peak_mb,
        "added_mb": cost.fit_added_mb,
    }


def _answers(
    ready: Trial, model: Recommender, cost: Cost, progress: Progress
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the lists (m, k) of all users; and for each right answer (e,) the number of wrong candidates above it,
    among all items and, for cold ones, among cold items alone."""
    lists = np.zeros((len(ready.users), ready.protocol.k), np.int64)
    wrong = {"all": np.zeros(len(ready.rows), np.int64), "cold": np.zeros(len(ready.rows), np.int64)}
    among = np.flatnonzero(ready.split.cold)
    column_of = np.cumsum(ready.split.cold) - 1
    for batch in ready.batches(model.least_rating):
        progress(batch.users.start / len(ready.users), say("scoring for {n:,} users", n=len(ready.users)))
        with timed(cost.seconds, "score"):
            scores = model.score(batch.queries)
        scores = _checked(scores, (len(batch.queries), len(ready.items.ids)))
        scores[batch.seen] = -np.inf
        lists[batch.users] = best_lists(scores, ready.protocol.k)
        wrong["all"][batch.events] = wrong_above(scores, *batch.right)
        new = ready.cold[batch.events]
        rows, columns = (part[new] for part in batch.right)
        wrong["cold"][batch.events][new] = wrong_above(scores[:, among], rows, column_of[columns])
    return lists, wrong


def _checked(scores: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    if scores.shape != shape or not np.isfinite(scores).all():
        raise BadInput(
            say(
                "its scores of shape {shape} are not {rows} x {columns} finite numbers",
                shape=scores.shape,
                rows=shape[0],
                columns=shape[1],
            )
        )
    return scores.astype(np.float64)


def _slices(
    ready: Trial, lists: np.ndarray, wrong: Mapping[str, np.ndarray]
) -> dict[str, tuple[dict[str, np.ndarray], dict[str, int]]]:
    """Return slice -> values of each of its users, and its sizes. Slices without right answers are left out."""
    k, found = ready.protocol.k, {}
    for name, part in ready.parts.items():
        users, alone = ready.rows[part], name == "cold alone"
        ranks = right_ranks(wrong["cold" if alone else "all"][part], users)
        candidates = int(ready.split.cold.sum()) if alone else len(ready.items.ids)
        sizes = {"n": len(np.unique(users)), "n_right": len(users), "candidates": candidates}
        found[name] = user_metrics(ranks, users, k), sizes
    popularity, users = ready.split.train.popularity, len(np.unique(ready.split.train.rows))
    found["all"][0][f"novelty@{k}"] = novelty(lists, popularity, users)
    found["all"][0][f"diversity@{k}"] = diversity(lists, ready.items.parts)
    return found


def _reason(error: Exception) -> str:
    if isinstance(error, BadInput):
        return str(error)
    _log.error("a recommender failed\n%s", "".join(traceback.format_exception(error)))
    return f"{type(error).__name__}: {next(iter(str(error).splitlines()), '')}".rstrip(": ")
