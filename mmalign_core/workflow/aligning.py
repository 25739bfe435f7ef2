"""Use case: fit an aligner, place every modality in one space, match, measure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.corrections import CORRECTIONS
from mmalign_core.matchers import MATCHERS
from mmalign_core.metrics import average_reports, evaluate
from mmalign_core.similarities import SIMILARITIES
from mmalign_core.splits import folds as fold_ids
from mmalign_core.splits import split as split_ids
from mmalign_core.store import Store
from mmalign_core.types import AlignmentResult, BadInput, Collection, EmbeddingSet, Progress, no_progress
from mmalign_core.workflow.encoding import DEFAULT_ENCODERS, Encoding, name_concepts
from mmalign_core.workflow.measure import peak_rss_mb, timed

Sets = Mapping[str, EmbeddingSet]


@dataclass(frozen=True)
class Choices:
    """Everything a person chooses for one alignment; see `python -m mmalign_core align --help`."""

    pair: tuple[str, str] = ("image", "text")
    aligner: str = "bridge"
    params: Mapping[str, Any] | None = None
    similarity: str = "cosine"
    correction: str = "none"
    matcher: str = "argmax"
    matcher_params: Mapping[str, Any] | None = None
    test: float | None = None
    folds: int | None = None
    seed: int = 0

    @property
    def split(self) -> str:
        """How the measured items were held out, in words."""
        if self.folds:
            return f"{self.folds} folds"
        return f"test {self.test:g}" if self.test else "none"


@dataclass(frozen=True)
class Run:
    """One finished alignment. `sets`: vectors before aligning; `result.space`: after; `report`: the align JSON."""

    id: str
    collection: Collection
    encoders: Mapping[str, str]
    sets: Sets
    aligner: Aligner
    result: AlignmentResult
    choices: Choices
    report: Mapping[str, Any]


def align(
    collection: Collection,
    encoding: Encoding,
    choices: Choices | None = None,
    *,
    store: Store,
    progress: Progress = no_progress,
) -> Run:
    """Fit, place, match and measure as `choices` say; the run holds the space of the aligner fitted last.

    With a test share the aligner is fitted on the rest and measured on held-out items only, candidates included;
    with folds it is measured so fold by fold, then fitted on all items; with neither it is fitted and measured on
    all of them (split "none"). Raises BadInput before any fit when the choices cannot work.
    """
    choices = choices or Choices()
    sets = usable_sets(encoding.sets, choices, store)
    seconds: dict[str, float] = {
        "read": 0.0,
        "encode": round(sum(encoding.seconds.values()), 4),
        "fit": 0.0,
        "match": 0.0,
    }
    paired = sorted(set(sets[choices.pair[0]].ids) & set(sets[choices.pair[1]].ids))
    if not paired:
        raise BadInput(f"no item of '{collection.name}' has both {choices.pair[0]} and {choices.pair[1]}")
    fitted, measured = measure(sets, choices, seconds, progress)
    space = {m: place(fitted, rows) for m, rows in sets.items()}
    result = AlignmentResult(
        choices.aligner,
        fitted.family(),
        fitted.params,
        choices.seed,
        space,
        fitted.history,
        seconds["fit"],
        fitted.transductive,
    )
    report = _report(choices, fitted, measured, encoding, seconds)
    return Run(uuid.uuid4().hex[:12], collection, encoding.encoders, sets, fitted, result, choices, report)


def measure(
    sets: Sets, choices: Choices, seconds: dict[str, float], progress: Progress
) -> tuple[Aligner, dict[str, Any]]:
    """The aligner to keep and what was measured: metrics, ci95, baseline, space, n_train, n_test."""
    pair_sets = {m: sets[m] for m in choices.pair}
    if choices.folds:
        return _measure_folds(sets, pair_sets, choices, seconds, progress)
    if choices.test:
        train, test = split_ids(pair_sets, choices.test, seed=choices.seed)
        fitted = fit(sets, train, choices, seconds, progress)
        return fitted, _measure(fitted, sets, train, test, choices, seconds)
    everything = tuple(dict.fromkeys(item for s in sets.values() for item in s.ids))
    fitted = fit(sets, everything, choices, seconds, progress)
    return fitted, _measure(fitted, sets, everything, everything, choices, seconds)


def fit(sets: Sets, items: Any, choices: Choices, seconds: dict[str, float], progress: Progress) -> Aligner:
    """A new aligner of the chosen kind fitted on these items."""
    model = ALIGNERS.create(choices.aligner, **dict(choices.params or {}))
    with timed(seconds, "fit"):
        return model.fit({m: s.of_items(items) for m, s in sets.items()}, seed=choices.seed, progress=progress)


def place(fitted: Aligner, rows: EmbeddingSet) -> EmbeddingSet:
    """The rows at their coordinates in the shared space."""
    return EmbeddingSet(rows.modality, rows.ids, rows.keys, fitted.transform(rows), f"{fitted.name}({rows.encoder})")


def usable_sets(sets: Sets, choices: Choices, store: Store) -> Sets:
    """The modalities this aligner can place, with their concepts named where it needs them."""
    cls = ALIGNERS.get(choices.aligner)
    for modality in choices.pair:
        if modality not in sets:
            raise BadInput(f"the collection has no usable {modality}; it has: {', '.join(sets) or 'nothing'}")
        if modality not in cls.modalities:
            raise BadInput(
                f"aligner '{choices.aligner}' does not take {modality}; it takes: {', '.join(cls.modalities)}"
            )
    wanted = choices.pair if cls.needs_pairs else tuple(sets)
    model = cls(**dict(choices.params or {}))
    return {
        m: prepared(model, s, text_encoder(sets), store) for m, s in sets.items() if m in wanted and m in cls.modalities
    }


def prepared(model: Aligner, rows: EmbeddingSet, text_encoder_name: str, store: Store) -> EmbeddingSet:
    """The set as this aligner reads it: concepts placed in text space where it needs them."""
    if not model.needs_concepts or rows.concepts is None:
        return rows
    template = model.params.get("label_template", "{}")
    labels = [template.replace("{}", label) for label in rows.concepts.labels]
    return name_concepts(rows, labels, text_encoder_name, store=store)


def text_encoder(sets: Sets) -> str:
    """Name of the text encoder in use, the default one when the collection has no text."""
    return sets["text"].encoder.split("@")[0] if "text" in sets else DEFAULT_ENCODERS["text"]


def _measure(
    fitted: Aligner, sets: Sets, train: Any, test: Any, choices: Choices, seconds: dict[str, float]
) -> dict[str, Any]:
    with timed(seconds, "match"):
        space = {m: place(fitted, sets[m].of_items(test)) for m in choices.pair}
        measured = evaluate(
            space,
            choices.pair,
            similarity=SIMILARITIES.create(choices.similarity),
            correction=CORRECTIONS.create(choices.correction),
            matcher=MATCHERS.create(choices.matcher, **dict(choices.matcher_params or {})),
            seed=choices.seed,
        )
    return {**measured, "n_train": len(train), "n_test": len(test)}


def _measure_folds(
    sets: Sets, pair_sets: Sets, choices: Choices, seconds: dict[str, float], progress: Progress
) -> tuple[Aligner, dict[str, Any]]:
    reports = []
    everything = tuple(dict.fromkeys(item for s in pair_sets.values() for item in s.ids))
    parts = fold_ids(pair_sets, choices.folds or 2, seed=choices.seed)
    for done, (train, test) in enumerate(parts):
        progress(done / (len(parts) + 1), f"fold {done + 1} of {len(parts)}")
        fitted = fit(sets, train, choices, seconds, no_progress)
        reports.append(_measure(fitted, sets, train, test, choices, seconds))
    progress(len(parts) / (len(parts) + 1), "fit on all items")
    return fit(sets, everything, choices, seconds, no_progress), average_reports(reports)


def _report(
    choices: Choices, fitted: Aligner, measured: dict[str, Any], encoding: Encoding, seconds: dict[str, float]
) -> dict[str, Any]:
    skipped = [{"id": s.id, "modality": s.modality, "reason": s.reason} for s in encoding.skipped]
    return {
        "pair": ":".join(choices.pair),
        "aligner": choices.aligner,
        "family": fitted.family(),
        "params": dict(fitted.params),
        "similarity": choices.similarity,
        "correction": choices.correction,
        "matcher": choices.matcher,
        "matcher_params": dict(choices.matcher_params or {}),
        "seed": choices.seed,
        "split": choices.split,
        "transductive": fitted.transductive or MATCHERS.get(choices.matcher).transductive,
        "n_train": measured.pop("n_train"),
        "n_test": measured.pop("n_test"),
        "encoders": dict(encoding.encoders),
        "skipped": skipped,
        **measured,
        "seconds": seconds,
        "peak_rss_mb": peak_rss_mb(),
    }
