"""Use case: the slices of a run: where its metric differs from the rest, by every property that is known of a query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mmalign_core.data.duplicates import normalised_text
from mmalign_core.metrics.bootstrap import interval, resampled_means
from mmalign_core.metrics.retrieval import Outcome
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.triage.languages import languages_of
from mmalign_core.triage.slice_groups import by_causes, by_column, by_part, by_value
from mmalign_core.triage.slices import SMALLEST, Group, corrected, measure_slices, sizeable
from mmalign_core.types import BadInput, Collection, Progress, no_progress
from mmalign_core.wording import say, say_list
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.clusters import SpaceClusters, find_clusters
from mmalign_core.workflow.error_analysis.error_report import DirectionErrors, ErrorReport
from mmalign_core.workflow.error_analysis.errors import find_errors
from mmalign_core.workflow.error_analysis.slice_report import DirectionSlices, SliceReport

METRICS = tuple(Outcome(np.ones(1, int), np.ones(1, bool)).per_query())
"""Metrics that are means over queries."""


def find_slices(
    run: Run,
    *,
    store: Store,
    direction: str | None = None,
    metric: str = "recall@10",
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> SliceReport:
    """Return every slice of at least 10 items, of one direction ("image->text") or of both where none is named.

    Slices come from metadata columns, caption length, language, modalities held, duplicates, causes, and clusters of
    the space. Where the run held items out, held-out queries alone are sliced. q corrects for all slices tried, in
    both directions. BadInput for an unknown direction or metric, and where `find_errors` refuses the run.
    """
    _check_metric(metric)
    errors = find_errors(run, store=store, direction=direction, settings=settings, progress=within(progress, 0.0, 0.6))
    rest = within(progress, 0.6, 1.0)
    return slices_of(run, errors, store=store, metric=metric, settings=settings, progress=rest)


def slices_of(
    run: Run,
    errors: ErrorReport,
    *,
    store: Store,
    metric: str = "recall@10",
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> SliceReport:
    """Return what `find_slices` returns, of errors that were found before; they must hold all queries of the run."""
    _check_metric(metric)
    progress(0.0, say("clustering the shared space"))
    clusters, measured = find_clusters(run, store=store, settings=settings), {}
    for number, (way, part) in enumerate(errors.directions.items()):
        progress(0.2 + 0.8 * number / len(errors.directions), say("measuring slices: {way}", way=way))
        own = part.take(part.judgements.held_out) if run.choices.holds_out else part
        measured[way] = _measured(own, _groups(run.collection, own, clusters), metric, run.choices.seed)
    # The correction covers all slices tried, so that directions are corrected together.
    every = iter(corrected([one for part in measured.values() for one in part.slices]))
    directions = {way: part.with_slices([next(every) for _ in part.slices]) for way, part in measured.items()}
    notes = [*errors.notes]
    if not any(part.slices for part in directions.values()):
        notes.append(
            say(
                "no slice was tried: none holds at least {smallest} items and leaves as many outside", smallest=SMALLEST
            )
        )
    progress(1.0, say("{sum:,} slices measured", sum=sum(len(part.slices) for part in directions.values())))
    return SliceReport(run.id, errors.split, run.choices.holds_out, metric, directions, tuple(notes))


def _check_metric(metric: str) -> None:
    if metric not in METRICS:
        raise BadInput(
            say(
                "unknown metric '{metric}'; slices are measured by one of: {metrics}",
                metric=metric,
                metrics=say_list(METRICS),
            )
        )


def _measured(part: DirectionErrors, groups: list[Group], metric: str, seed: int) -> DirectionSlices:
    judged = part.judgements
    values, items = Outcome(judged.rank, judged.correct).per_query()[metric], judged.queries.ids
    slices = measure_slices(sizeable(groups, items), values, items, seed=seed)
    owners, item = np.unique(np.asarray(items), return_inverse=True)
    columns = {"sum": np.bincount(item.ravel(), values), "n": np.bincount(item.ravel()).astype(float)}
    drawn = resampled_means(columns, seed=seed)
    low, high = interval(drawn["sum"] / drawn["n"])
    return DirectionSlices(judged.queries, len(values), len(owners), float(values.mean()), (low, high), slices)


def _groups(collection: Collection, part: DirectionErrors, clusters: SpaceClusters) -> list[Group]:
    """All groups of the queries of a direction, small ones too."""
    judged, items = part.judgements, part.judgements.queries.ids
    texts = _texts(collection, part)
    held = _modalities(collection)
    groups = by_value("modalities", "modalities", [(held[item],) for item in items])
    for name in collection.items.columns:
        groups += by_column(str(name), pd.Series(collection.items[name]), items)
    lengths = np.array([np.nan if text is None else len(text) for text in texts])
    groups += by_part(say("caption length"), say("caption length"), lengths, lengths, "{:.0f}".format, " characters")
    groups += by_value("language", "language", [(code,) if code else () for code in languages_of(texts)])
    groups += _duplicates(collection, part, texts)
    groups += by_causes([[cause.name for cause in causes] for causes in part.causes], judged.missed)
    return groups + _clusters(items, clusters)


def _texts(collection: Collection, part: DirectionErrors) -> list[str | None]:
    """The text that each query asks with, or that answers it rightly, or else the first text of its item."""
    judged = part.judgements
    texts = {(medium.item, medium.digest): medium.text for medium in collection.media_of("text") if medium.text}
    first: dict[str, str] = {}
    for (item, _), text in texts.items():
        first.setdefault(item, text)
    found = []
    for item, key, right in zip(judged.queries.ids, judged.queries.keys, judged.right.tolist()):
        answer = judged.candidates.ids[int(right)], judged.candidates.keys[int(right)]
        found.append(texts.get((item, key)) or texts.get(answer) or first.get(item))
    return found


def _modalities(collection: Collection) -> dict[str, str]:
    """Item -> its modalities, such as "text + image"."""
    held: dict[str, list[str]] = {item: [] for item in collection.ids}
    for modality in collection.modalities:
        given = collection.vectors.get(modality)
        owners = {medium.item for medium in collection.media_of(modality)} | set(given.ids if given else ())
        for item in owners & held.keys():
            held[item].append(modality)
    return {item: " + ".join(own) for item, own in held.items()}


def _duplicates(collection: Collection, part: DirectionErrors, texts: list[str | None]) -> list[Group]:
    """Queries whose own or right medium belongs to another item too, or whose text is equal but for punctuation."""
    judged = part.judgements
    owners: dict[str, set[str]] = {}
    for medium in collection.media:
        owners.setdefault(medium.digest, set()).add(medium.item)
        if medium.text:
            owners.setdefault(f"text {normalised_text(medium.text)}", set()).add(medium.item)
    for rows in (judged.queries, judged.candidates):
        for item, key in zip(rows.ids, rows.keys):
            owners.setdefault(key, set()).add(item)
    times = Counter({key: len(items) for key, items in owners.items()})
    shared = []
    for key, right, text in zip(judged.queries.keys, judged.right.tolist(), texts):
        same = [key, judged.candidates.keys[right], *([f"text {normalised_text(text)}"] if text else ())]
        shared.append(any(times[one] > 1 for one in same))
    label = say("duplicate: another item holds the same")
    members = np.array(shared, bool)
    return [Group("duplicate=yes", "duplicate", label, {"duplicate": True}, members)] if members.any() else []


def _clusters(items: Sequence[str], found: SpaceClusters) -> list[Group]:
    number = found.clusters.by_item()
    own = np.array([number.get(item, 0) for item in items])
    return [
        Group(f"cluster:{k}", "cluster", found.label(k), {"cluster": k, "keywords": [*words]}, own == k)
        for k, words in ((k, found.keywords.get(k, ())) for k in range(1, found.clusters.count + 1))
    ]
