"""Use case: fit an aligner, place every modality in one space, match, measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.corrections import CORRECTIONS
from mmalign_core.encoders import ENCODERS
from mmalign_core.matchers import MATCHERS
from mmalign_core.metrics.report import evaluate
from mmalign_core.similarities import SIMILARITIES
from mmalign_core.splits import Split, folds, split
from mmalign_core.store import Store, new_run_id
from mmalign_core.types import AlignmentResult, BadInput, Collection, EmbeddingSet, Progress, no_progress
from mmalign_core.workflow.encoding import DEFAULT_ENCODERS, Encoding, name_concepts
from mmalign_core.workflow.measure import peak_rss_mb, timed

Sets = Mapping[str, EmbeddingSet]


@dataclass(frozen=True)
class Measured:
    """The aligner to keep, what was measured of it, and on how many items it was fitted and measured."""

    aligner: Aligner
    quality: Mapping[str, Any]
    n_train: int
    n_test: int


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

    def check(self) -> None:
        """BadInput for a name or parameter that does not exist or is out of range: before any long work."""
        ALIGNERS.create(self.aligner, **dict(self.params or {}))
        MATCHERS.create(self.matcher, **dict(self.matcher_params or {}))
        SIMILARITIES.get(self.similarity)
        CORRECTIONS.get(self.correction)


@dataclass(frozen=True)
class Run:
    """One finished alignment. `encoders`: modality -> 'name@version' of what made its vectors; `result.space`: where
    they lie after; `report`: the align JSON."""

    id: str
    collection: Collection
    encoders: Mapping[str, str]
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
    choices.check()
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
    measured = measure(sets, choices, seconds, progress)
    fitted = measured.aligner
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
    report = _report(choices, measured, encoding, seconds)
    return Run(new_run_id(choices.aligner), collection, encoding.encoders, fitted, result, choices, report)


def measure(sets: Sets, choices: Choices, seconds: dict[str, float], progress: Progress) -> Measured:
    """Fit and measure on the split the choices ask for; the aligner kept is the one of the only, or final, fit."""
    pair_sets = {m: sets[m] for m in choices.pair}
    everything = tuple(dict.fromkeys(item for s in sets.values() for item in s.ids))
    if choices.folds:
        parts = folds(pair_sets, choices.folds, choices.seed)
        return _measure_folds(sets, everything, parts, choices, seconds, progress)
    part = split(pair_sets, choices.test, choices.seed) if choices.test else Split(everything, everything)
    fitted = fit(sets, part.train, choices, seconds, progress)
    quality = judge([held_out(fitted, sets, part.test, choices, seconds)], choices, seconds)
    return Measured(fitted, quality, len(part.train), len(part.test))


def fit(sets: Sets, items: tuple[str, ...], choices: Choices, seconds: dict[str, float], progress: Progress) -> Aligner:
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
    wanted = choices.pair if cls.needs_pairs else cls.modalities
    model, words = cls(**dict(choices.params or {})), text_encoder({m: s.encoder for m, s in sets.items()})
    return {m: prepared(model, s, words, store) for m, s in sets.items() if m in wanted}


def prepared(model: Aligner, rows: EmbeddingSet, text_encoder_name: str, store: Store) -> EmbeddingSet:
    """The set as this aligner reads it: concepts placed in text space where it needs them."""
    if not model.needs_concepts or rows.concepts is None:
        return rows
    if text_encoder_name not in ENCODERS.names():
        raise BadInput(
            f"'{model.name}' names concepts with the text encoder, but this collection's text vectors were given"
        )
    template = model.params.get("label_template", "{}")
    labels = [template.replace("{}", label) for label in rows.concepts.labels]
    return name_concepts(rows, labels, text_encoder_name, store=store)


def text_encoder(encoders: Mapping[str, str]) -> str:
    """Name of the text encoder in use, the default one when the collection has no text."""
    return encoders.get("text", DEFAULT_ENCODERS["text"]).split("@")[0]


def held_out(fitted: Aligner, sets: Sets, items: tuple[str, ...], choices: Choices, seconds: dict[str, float]) -> Sets:
    """The pair's rows of these items in the shared space."""
    with timed(seconds, "match"):
        return {m: place(fitted, sets[m].of_items(items)) for m in choices.pair}


def judge(spaces: list[Sets], choices: Choices, seconds: dict[str, float]) -> dict[str, Any]:
    """Metrics, ci95, baseline and space diagnostics of one space, or of one per fold."""
    with timed(seconds, "match"):
        return evaluate(
            spaces,
            choices.pair,
            similarity=SIMILARITIES.create(choices.similarity),
            correction=CORRECTIONS.create(choices.correction),
            matcher=MATCHERS.create(choices.matcher, **dict(choices.matcher_params or {})),
            seed=choices.seed,
        )


def _measure_folds(
    sets: Sets,
    items: tuple[str, ...],
    parts: tuple[Split, ...],
    choices: Choices,
    seconds: dict[str, float],
    progress: Progress,
) -> Measured:
    spaces = []
    for done, part in enumerate(parts):
        progress(done / (len(parts) + 1), f"fold {done + 1} of {len(parts)}")
        fitted = fit(sets, part.train, choices, seconds, no_progress)
        spaces.append(held_out(fitted, sets, part.test, choices, seconds))
    progress(len(parts) / (len(parts) + 1), "fit on all items")
    quality = judge(spaces, choices, seconds)
    return Measured(fit(sets, items, choices, seconds, no_progress), quality, len(parts[0].train), len(items))


def _report(choices: Choices, measured: Measured, encoding: Encoding, seconds: dict[str, float]) -> dict[str, Any]:
    fitted = measured.aligner
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
        "transductive": fitted.transductive
        or MATCHERS.get(choices.matcher).transductive
        or CORRECTIONS.get(choices.correction).transductive,
        "n_train": measured.n_train,
        "n_test": measured.n_test,
        "encoders": dict(encoding.encoders),
        "skipped": skipped,
        **measured.quality,
        "seconds": seconds,
        "peak_rss_mb": peak_rss_mb(),
    }
