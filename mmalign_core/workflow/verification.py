"""Use case: every number of a bundle computed again from its own vectors, and compared with what is stored.

The aligner is fitted anew with the same seed, places the same rows, and is measured by the same code as `align`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.progress import within
from mmalign_core.projection.quality import map_quality
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, EmbeddingSet, Progress, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.inputs import place
from mmalign_core.workflow.alignment.run import Run, as_encoded, run_plan
from mmalign_core.workflow.bundles import Bundle, opened_bundle
from mmalign_core.workflow.encoding import Encoding
from mmalign_core.workflow.error_analysis.refit import held_out_parts, plan_again
from mmalign_core.workflow.error_analysis.repair_fits import proof_of
from mmalign_core.workflow.saved_runs import run_of

TOLERANCE = 1e-6
"""Difference up to which two numbers are the same, times the greater of 1 and their size: `verify` promises it."""
PLACE_TOLERANCE = 1e-5
"""The same for coordinates: they are float32, and other processors sum a product of matrices in another order."""
_OF_THE_MACHINE = (
    *("seconds", "infer_seconds_per_1000", "fit_peak_mb", "fit_added_mb", "peak_rss_mb"),
    *("aligner_by", "skipped", "left_out", "repaired_from", "dropped", "repair", "repair_proof"),
)
"""Parts of a report that are no result of the vectors: times, memory, and what happened before they were made."""


@dataclass(frozen=True)
class Difference:
    """A number, or word, that was computed otherwise than it is stored; `name` leads to it in the run."""

    name: str
    stored: Any
    computed: Any


@dataclass(frozen=True)
class Verification:
    """`checked`: how many numbers and words were compared; `not_checked`: what could not be, and why."""

    checked: int
    differences: tuple[Difference, ...]
    not_checked: tuple[str, ...]
    members: int

    @property
    def verified(self) -> bool:
        """Whether everything was computed again and is as stored."""
        return not self.differences and not self.not_checked

    def report(self) -> dict[str, Any]:
        """What `verify --json` prints."""
        return {
            "verified": self.verified,
            "checked": self.checked,
            "differences": [vars(each) for each in self.differences],
            "not_checked": list(self.not_checked),
            "members": self.members,
            "tolerance": TOLERANCE,
        }


def verify_bundle(path: Path, *, settings: Settings | None = None, progress: Progress = no_progress) -> Verification:
    """Compute all of the bundle's numbers again. BadInput where the file is no bundle, or damaged."""
    with opened_bundle(path, settings) as bundle:
        run, found, missing = run_of(bundle.record), list(_data(bundle)), []
        if bundle.encoded:
            found += _placed(run, bundle.encoded, "aligner")
            again = _fitted_again(run, bundle.encoded, within(progress, 0.0, 0.5))
            found += _placed(run, again.result.space, "fit", placed=True)
            found += _state(bundle.record.state, again.aligner.state())
            found += _compared("report", _results(run.report), _results(again.report), TOLERANCE)
            found += _repair(run, bundle, missing, within(progress, 0.5, 0.9))
        else:
            missing.append(say("the fit and its measures: the bundle holds no vectors as encoded"))
        if bundle.drawn is None:
            missing += [say("the map: the bundle holds none")] if not bundle.manifest["notes"] else []
        else:
            found += _map(run, bundle.drawn)
        differences = tuple(each for each in found if each is not None)
        return Verification(len(found), differences, tuple(missing), len(bundle.manifest["members"]) + 1)


Compared = Difference | None


def _data(bundle: Bundle) -> Iterator[Compared]:
    """The digest of the data, from the items, media and given vectors in the bundle."""
    collection = bundle.record.collection
    yield from _compared("collection.digest", collection.digest, replace(collection, digest="").digest, 0.0)
    for modality, rows in bundle.encoded.items():
        stored = bundle.record.encoders.get(modality)
        yield from _compared(f"encoded.{modality}.encoder", stored, rows.encoder, 0.0)


def _fitted_again(run: Run, encoded: Mapping[str, EmbeddingSet], progress: Progress) -> Run:
    """The run as `align` makes it from these vectors, on the stored choices."""
    encoding = Encoding(encoded, {name: rows.encoder for name, rows in encoded.items()}, {}, (), {})
    if run.choices.pair[0] == run.choices.pair[1]:
        return as_encoded(run.collection, encoding)
    held_out_parts(run)  # BadInput where an earlier version did not keep them
    return run_plan(plan_again(run, encoded), run.collection, encoding, progress=progress)


def _placed(run: Run, rows: Mapping[str, EmbeddingSet], by: str, *, placed: bool = False) -> list[Compared]:
    """The run's places against those that its stored aligner, or the fit made again, gives the same rows."""
    found: list[Compared] = []
    for modality, stored in run.result.space.items():
        if modality not in rows:
            found.append(Difference(f"{by}.{modality}", "placed", "absent"))
            continue
        again = rows[modality] if placed else place(run.aligner, rows[modality])
        found += _same_rows(f"{by}.{modality}", stored, again)
    return found


def _state(stored: Mapping[str, np.ndarray], computed: Mapping[str, np.ndarray]) -> Iterator[Compared]:
    """One comparison for each array that the fitted aligner holds; the number that differs most stands for all."""
    for name in sorted({*stored, *computed}):
        shapes = [list(np.shape(state[name])) if name in state else None for state in (stored, computed)]
        if shapes[0] != shapes[1]:
            yield Difference(f"state.{name}", *shapes)
            continue
        one, other = (np.asarray(state[name], np.float64).ravel() for state in (stored, computed))
        apart = np.abs(one - other)
        if not apart.size or apart.max() <= PLACE_TOLERANCE * max(1.0, np.abs(other).max()):
            yield None
        else:
            yield Difference(f"state.{name}", float(one[apart.argmax()]), float(other[apart.argmax()]))


def _same_rows(name: str, stored: EmbeddingSet, computed: EmbeddingSet) -> Iterator[Compared]:
    """One comparison for each row; the number that differs most stands for all of its kind."""
    if (stored.ids, stored.keys) != (computed.ids, computed.keys) or stored.vectors.shape != computed.vectors.shape:
        yield Difference(f"{name}.rows", list(stored.vectors.shape), list(computed.vectors.shape))
        return
    apart = np.abs(stored.vectors.astype(np.float64) - computed.vectors)
    allowed = PLACE_TOLERANCE * np.maximum(1.0, np.abs(stored.vectors))
    wrong = (apart > allowed).any(axis=1)
    yield from [None] * int((~wrong).sum())
    for row in np.flatnonzero(wrong).tolist():
        axis = int(apart[row].argmax())
        values = float(stored.vectors[row, axis]), float(computed.vectors[row, axis])
        yield Difference(f"{name}[{stored.ids[row]}][{axis}]", *values)


def _map(run: Run, drawn: Mapping[str, Any]) -> list[Compared]:
    """How faithful the stored map is to the stored space."""
    vectors = np.concatenate([rows.vectors for rows in run.result.space.values()])
    if len(drawn["coordinates"]) != len(vectors):
        return [Difference("map.rows", len(drawn["coordinates"]), len(vectors))]
    try:
        quality = map_quality(vectors, drawn["coordinates"], seed=int(drawn["seed"]))
    except BadInput:
        return [Difference("map.coordinates", "numbers", say("not a number"))]
    names = {"trustworthiness": quality.trustworthiness, "neighbour_overlap": quality.neighbour_overlap}
    names |= {"quality_n": quality.n, "quality_k": quality.k}
    return list(_compared("map", {name: drawn[name] for name in names}, names, TOLERANCE))


def _results(report: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in report.items() if name not in _OF_THE_MACHINE}


def _repair(run: Run, bundle: Bundle, missing: list[str], progress: Progress) -> list[Compared]:
    """What a repaired run says of the fits before and after the repair: both are made and measured again."""
    told = run.report.get("repair")
    if told is None:
        return []
    try:
        proof = proof_of(run.report.get("repair_proof") or {})
    except BadInput as error:
        missing.append(say("the fits before and after the repair: {error}", error=error))
        return []
    if (proof.modalities & set(bundle.encoded)) - set(run.earlier):
        missing.append(say("the fits before and after the repair: the bundle lacks the pairs before it"))
        return []
    computed = proof.effect({**bundle.encoded, **run.earlier}, progress).report()
    stored = {name: told.get(name) for name in computed} if isinstance(told, Mapping) else told
    return list(_compared("repair", stored, computed, TOLERANCE))


def _compared(name: str, stored: Any, computed: Any, tolerance: float) -> Iterator[Compared]:
    """One comparison for each number or word below both, through mappings and lists; None where they are the same."""
    if isinstance(stored, Mapping) and isinstance(computed, Mapping):
        for key in sorted({*stored, *computed}, key=str):
            if "seconds" not in str(key):
                yield from _compared(f"{name}.{key}", stored.get(key), computed.get(key), tolerance)
    elif _is_list(stored) and _is_list(computed) and len(stored) == len(computed):
        for place_, (one, other) in enumerate(zip(stored, computed)):
            yield from _compared(f"{name}[{place_}]", one, other, tolerance)
    else:
        yield None if _same(stored, computed, tolerance) else Difference(name, stored, computed)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _same(stored: Any, computed: Any, tolerance: float) -> bool:
    numbers = [value for value in (stored, computed) if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if len(numbers) < 2:
        return bool(stored == computed)
    a, b = map(float, numbers)
    return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= tolerance * max(1.0, abs(a), abs(b))
