"""Use case: a tour of the demo in a few sentences, each computed from the open run, with where to look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.metrics.headline import WIDE
from mmalign_core.progress import within
from mmalign_core.recommend import QueryPart, QuerySpec
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.triage.judgements import Judgements
from mmalign_core.triage.repair import most_suspected
from mmalign_core.types import Collection, Progress, no_progress
from mmalign_core.wording import say, say_list, say_word
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.data import PLANTED, SWAPPED, open_planted_demo
from mmalign_core.workflow.encoding import encode
from mmalign_core.workflow.error_analysis.finding import Finding, of_100
from mmalign_core.workflow.error_analysis.judgement import judge_all
from mmalign_core.workflow.error_analysis.out_of_fold import set_suspicion
from mmalign_core.workflow.recommendation.answers import answer
from mmalign_core.workflow.recommendation.recommenders import FittedRecommender, unfitted_recommender

_TOLD = {"de": "German", "zh": "Chinese"}
"""Languages that the tour asks in, of those that the demo's names are written in."""
_ASKED = 30
"""Items whose names are asked for, evenly over the demo. Our choice: some seconds at most."""
_SHOWN_SUSPECTS = 20
"""Suspected pairs that a person looks through: the k of precision@k in reports of confident learning."""
_PAIR = ("image", "text")
_STORY = ("headline", "kinds", "cause", "slice", "correction", "languages", "sounds", "training", "planted")
"""Kinds of findings and of steps, as the tour tells them."""


@dataclass(frozen=True)
class _Asked:
    """A query by the words of an item, and the rank of that item in its answer."""

    item: str
    words: str
    rank: int


def demo_tour(
    run: Run,
    *,
    store: Store,
    settings: Settings | None = None,
    progress: Progress = no_progress,
    watch: Callable[[tuple[Finding, ...]], None] = lambda found: None,
) -> tuple[Finding, ...]:
    """What a run of the demo shows beside its findings: photographs and drawings apart, queries in other languages and
    by sounds, and the wrong pairs of a copy.

    Every number is of this run; a step that the run cannot show is left out. `watch` gets the steps known so far. The
    `cost` of a step is 0: `tour_order` places it. BadInput where nothing was measured.
    """
    steps: list[Finding] = []

    def tell(more: Sequence[Finding], share: float, next_one: str) -> None:
        steps.extend(more)
        watch(tuple(steps))
        progress(share, next_one)

    tell(_kinds(run, store), 0.1, say("asking in other languages"))
    known = unfitted_recommender(run, "content", None)
    known.fit(run.choices.seed, no_progress)
    tell(_languages(run, known, store, settings), 0.3, say("asking by sounds"))
    tell(_sounds(run, known, store, settings), 0.5, say("looking for wrong pairs in a copy"))
    tell(_planted(store, settings, within(progress, 0.5, 1.0)), 1.0, say("the tour is ready"))
    return tuple(steps)


def tour_order(found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings and steps of the tour in the order of a story: what is found, why not more, what else can be asked,
    what training changes, what a repair starts from. Findings of one kind keep their order."""
    return tuple(sorted(found, key=lambda one: _STORY.index(one.kind)))


def _kinds(run: Run, store: Store) -> list[Finding]:
    """How many captions of photographs, and of drawings, are among the first ten."""
    if not set(_PAIR) <= set(run.choices.pair) or "kind" not in run.collection.items:
        return []
    judged = judge_all(run, [_PAIR], store=store)["->".join(_PAIR)]
    kinds = run.collection.items["kind"].reindex(list(judged.queries.ids)).to_numpy()
    photographs, drawings = (_share(judged, kinds == kind) for kind in ("photograph", "drawing"))
    if not (photographs[1] and drawings[1]):
        return []
    chance = WIDE / np.median(judged.n_candidates)
    words = say(
        "'{aligner}' puts the right caption among the first {first} for {found} of {photographs} "
        "photographs and for {share} of 100 drawings ({drawings}; by chance {chance} of 100). The picture "
        "encoder learned from photographs.",
        aligner=run.choices.aligner,
        first=WIDE,
        found=photographs[0],
        photographs=photographs[1],
        share=of_100(drawings[0] / drawings[1]),
        drawings=drawings[1],
        chance=of_100(chance),
    )
    evidence = {"photographs": photographs, "drawings": drawings, "chance": float(chance), "n": len(judged)}
    return [
        Finding("kinds", words, 0.0, {"page": "errors", "slice": "kind=drawing", "direction": judged.way}, evidence)
    ]


def _share(judged: Judgements, rows: np.ndarray) -> tuple[int, int]:
    """How many of these queries are found, and how many there are."""
    return int((judged.rank[rows] <= WIDE).sum()), int(rows.sum())


def _languages(run: Run, known: FittedRecommender, store: Store, settings: Settings | None) -> list[Finding]:
    """How often a name in another language finds the picture of its item, and names that do."""
    items, ids = run.collection.items, run.collection.ids
    columns = {code: f"name_{code}" for code in _TOLD}
    if "image" not in run.result.space or not set(columns.values()) <= set(items):
        return []
    some = [ids[int(at)] for at in np.linspace(0, len(ids) - 1, _ASKED)]
    asked: dict[str, list[_Asked]] = {}
    for code, column in columns.items():
        asked[code] = [_ask(run, known, item, str(items.at[item, column]), store, settings) for item in some]
    found = {code: sum(one.rank <= WIDE for one in rows) for code, rows in asked.items()}
    best = min(zip(*asked.values()), key=lambda row: max(one.rank for one in row))
    examples = say_list(
        (say("'{words}' finds it at rank {rank}", words=one.words, rank=one.rank) for one in best), " and "
    )
    counts = say_list(
        say("{found} in {language}", found=found[code], language=say_word(language)) for code, language in _TOLD.items()
    )
    words = say(
        "Queries need no translation. The picture of '{item}': {examples}. Of {n} pictures, asked for by "
        "their names alone, so many are among the first {first} of {items}: {counts}.",
        item=best[0].item,
        examples=examples,
        n=len(some),
        first=WIDE,
        items=len(ids),
        counts=counts,
    )
    action = {"page": "recommend", "parts": [{"kind": "text", "value": best[-1].words, "weight": 1.0}]}
    return [Finding("languages", words, 0.0, action, {"n": len(some), "found": found})]


def _ask(run: Run, known: FittedRecommender, item: str, words: str, store: Store, settings: Settings | None) -> _Asked:
    """Ask for pictures by text, and look where the item stands among all."""
    weights = {modality: float(modality == "image") for modality in run.result.space}
    query = QuerySpec((QueryPart("text", words),), weights, k=len(run.collection.ids))
    results = answer(run, query, store=store, recommender=known, settings=settings).results
    return _Asked(item, words, next((one.rank for one in results if one.id == item), len(run.collection.ids)))


def _sounds(run: Run, known: FittedRecommender, store: Store, settings: Settings | None) -> list[Finding]:
    """How often a sound finds the item that it belongs to, and one that does."""
    if "audio" not in run.result.space:
        return []
    asked, weights = [], {modality: float(modality != "audio") for modality in run.result.space}
    for medium in run.collection.media_of("audio"):
        query = QuerySpec((QueryPart("audio", str(medium.path)),), weights, k=len(run.collection.ids))
        results = answer(run, query, store=store, recommender=known, settings=settings).results
        rank = next((one.rank for one in results if one.id == medium.item), len(run.collection.ids))
        asked.append(_Asked(medium.item, "", rank))
    best, found = min(asked, key=lambda one: (one.rank, one.item)), sum(one.rank <= WIDE for one in asked)
    words = say(
        "Sounds find pictures and texts: {found} of {n} synthetic sounds have their item among the first "
        "{first} of {items}, their own sound not counted. The one of '{item}' has it at rank {rank}.",
        found=found,
        n=len(asked),
        first=WIDE,
        items=len(run.collection.ids),
        item=best.item,
        rank=best.rank,
    )
    action = {"page": "recommend", "sound_of": best.item}
    return [Finding("sounds", words, 0.0, action, {"n": len(asked), "found": found})]


def _planted(store: Store, settings: Settings | None, progress: Progress) -> list[Finding]:
    """How many of the exchanged captions of a copy of the demo are among the most suspected pairs."""
    copy = open_planted_demo(settings=settings)
    encoding = encode(copy, store=store, settings=settings, progress=within(progress, 0.0, 0.4))
    sets = {modality: encoding.sets[modality] for modality in _PAIR}
    values = set_suspicion(sets, store=store, progress=within(progress, 0.4, 1.0)).values()
    wrong = planted_items(copy)
    hits = sum(item in wrong for item in most_suspected(values, _SHOWN_SUSPECTS))
    words = say(
        "In a copy of the demo the captions of {n} of {items} items were exchanged on purpose. Of the "
        "{k} most suspected pairs, judged by fits that did not see them, {hits} are among "
        "them (by chance {chance:.0f}). Mark them, and let a repair be measured.",
        n=len(wrong),
        items=len(copy.ids),
        k=_SHOWN_SUSPECTS,
        hits=hits,
        chance=_SHOWN_SUSPECTS * len(wrong) / len(copy.ids),
    )
    evidence = {"n": len(copy.ids), "planted": len(wrong), "k": _SHOWN_SUSPECTS, "found": hits}
    return [Finding("planted", words, 0.0, {"page": "errors", "open": "planted"}, evidence)]


def planted_items(collection: Collection) -> frozenset[str]:
    """The items of the planted demo whose caption is another's."""
    said = zip(collection.ids, collection.items[PLANTED], strict=True)
    return frozenset(item for item, value in said if value == SWAPPED)
