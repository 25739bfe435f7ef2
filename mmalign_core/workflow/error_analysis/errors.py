"""Use case: what is wrong in a run, and why: every query judged, suspected and explained."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np

from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.spaces import reference_of
from mmalign_core.store import Store
from mmalign_core.triage.causes import CAUSES, Cause, Context
from mmalign_core.triage.judgements import Judgements
from mmalign_core.triage.media_facts import MediaFacts
from mmalign_core.types import BadInput, EmbeddingSet, Progress, digest_json, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.error_report import DirectionErrors, ErrorReport
from mmalign_core.workflow.error_analysis.judgement import direction_named, directions_of, judge_all
from mmalign_core.workflow.error_analysis.measured_media import media_facts
from mmalign_core.workflow.error_analysis.out_of_fold import PairSuspicion, set_suspicion
from mmalign_core.workflow.error_analysis.run_vectors import encoded_again

_REMEMBERED = 8
"""Directions of runs whose errors are kept in memory; our choice: those of a few runs that a person compares."""
_found: OrderedDict[str, DirectionErrors] = OrderedDict()
_lock = threading.Lock()


def find_errors(
    run: Run,
    *,
    store: Store,
    direction: str | None = None,
    held_out: bool = False,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> ErrorReport:
    """Every answerable query of one direction ("image->text"), or of both where none is named, with its causes.

    `held_out`: report the held-out queries alone. What was found for a run is remembered as long as the process
    lives. BadInput for an unknown direction, a run without measured pairs, `held_out` where the run held nothing
    out, and folds that cannot be fitted again. Where the vectors as encoded are gone, a note says which causes lack
    them.
    """
    ways = directions_of(run) if direction is None else (direction_named(run, direction),)
    if held_out and not run.choices.holds_out:
        raise BadInput(
            say(
                "run '{id}' held nothing out (split {split}); leave out --held-out, or align the data again with "
                "--test or --folds",
                id=run.id,
                split=run.report["split"],
            )
        )
    keys = {"->".join(way): _key(run, "->".join(way), store) for way in ways}
    with _lock:
        found = {name: _found[key] for name, key in keys.items() if key in _found}
    notes: tuple[str, ...] = ()
    if len(found) < len(ways):
        found, notes = _find(run, ways, store, settings, progress)
        if not notes:
            _remember({keys[name]: part for name, part in found.items()})
    if held_out:
        found = {name: part.take(part.judgements.held_out) for name, part in found.items()}
    ordered = {name: found[name] for name in keys}
    return ErrorReport(run.id, run.report["split"], run.collection, ordered, missing_sides(run), notes)


def causes_of(context: Context, names: Sequence[str] | None = None) -> tuple[tuple[Cause, ...], ...]:
    """For each query of the context its causes, likeliest first, by all finders or those of these names."""
    found: list[list[Cause]] = [[] for _ in range(len(context.judgements))]
    for name in CAUSES.names() if names is None else names:
        for row, cause in zip(found, CAUSES.create(name).find(context), strict=True):
            if cause is not None:
                row.append(cause)
    return tuple(tuple(sorted(row, key=lambda cause: (-cause.confidence, cause.name))) for row in found)


def context_of(
    run: Run,
    judgements: Judgements,
    encoded: Mapping[str, EmbeddingSet],
    suspects: PairSuspicion | None = None,
    facts: MediaFacts | None = None,
) -> Context:
    """What cause finders look at, for all queries of one direction; the scores are those in the run's own space.

    `suspects`: the suspicion of the run's pairs; None where it cannot be had. `facts`: of the pair's media.
    """
    scores = run.choices.scoring().scores(judgements.queries, judgements.candidates)
    encoders = {modality: reference_of(key) for modality, key in run.encoders.items()}
    values = {} if suspects is None else suspects.values()
    evidence = {} if suspects is None else {item: suspects.evidence(item) for item in suspects.items}
    suspicion = np.array([values.get(item, np.nan) for item in judgements.queries.ids])
    known = facts or MediaFacts()
    return Context(run.collection, judgements, scores, encoded, encoders, suspicion, evidence, known)


def missing_sides(run: Run) -> tuple[tuple[str, str], ...]:
    """(item, modality) of every item of the collection that lacks a side of the run's pair: such are no queries."""
    held = {modality: set(run.result.space[modality].ids) for modality in run.choices.pair}
    return tuple((item, modality) for item in run.collection.ids for modality, ids in held.items() if item not in ids)


def _find(
    run: Run, ways: Sequence[tuple[str, str]], store: Store, settings: Settings | None, progress: Progress
) -> tuple[dict[str, DirectionErrors], tuple[str, ...]]:
    # Fits and encoding may each take minutes; the causes are quick beside them.
    judged = judge_all(run, ways, store=store, progress=within(progress, 0.0, 0.4))
    encoded, notes = _encoded(run, store, settings, within(progress, 0.4, 0.6))
    suspects, why = _suspects(run, encoded, store, within(progress, 0.6, 0.7))
    pair = {modality: run.encoders[modality] for modality in run.choices.pair}
    measured = within(progress, 0.7, 0.8)
    facts = media_facts(run.collection, pair, store=store, encoded=encoded, settings=settings, progress=measured)
    found = {}
    for number, (name, judgements) in enumerate(judged.items()):
        progress(0.8 + 0.2 * number / len(judged), say("looking for causes: {name}", name=name))
        context = context_of(run, judgements, encoded, suspects, facts)
        assert context.suspicion is not None
        found[name] = DirectionErrors(judgements, context.suspicion, causes_of(context))
    progress(1.0, say("{sum:,} queries judged", sum=sum(map(len, judged.values()))))
    return found, (*notes, *why, *facts.notes)


def _suspects(
    run: Run, encoded: Mapping[str, EmbeddingSet], store: Store, progress: Progress
) -> tuple[PairSuspicion | None, tuple[str, ...]]:
    """The suspicion of the run's pairs; None and a note where the vectors are gone or the pairs too few."""
    if not encoded:
        return None, ()
    try:
        pair = {modality: encoded[modality] for modality in run.choices.pair}
        return set_suspicion(pair, store=store, seed=run.choices.seed, progress=progress), ()
    except BadInput as error:
        return None, (say("no pair is suspected: {error}", error=error),)


def _encoded(
    run: Run, store: Store, settings: Settings | None, progress: Progress
) -> tuple[Mapping[str, EmbeddingSet], tuple[str, ...]]:
    """The vectors as encoded; {} and a note where they are gone, since most causes do without them."""
    try:
        return encoded_again(run, store=store, settings=settings, progress=progress).sets, ()
    except BadInput as error:
        return {}, (say("causes that compare vectors as encoded were not looked for: {error}", error=error),)


def _key(run: Run, direction: str, store: Store) -> str:
    """Digest of all that the errors of a direction depend on."""
    return digest_json(
        [run.id, run.collection.digest_with_places, run.result.digest, asdict(run.choices), direction, str(store.root)]
    )


def _remember(found: Mapping[str, DirectionErrors]) -> None:
    with _lock:
        _found.update(found)
        while len(_found) > _REMEMBERED:
            _found.popitem(last=False)
