"""What two runs were made of and how that differs: their choices, and the items and media of their data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mmalign_core.types import Collection, digest_frame
from mmalign_core.workflow.alignment.run import Run


@dataclass(frozen=True)
class DataDifference:
    """Items of B that A has not (`added`), of A that B has not (`removed`), of both with other media or given vectors
    (`changed`) or other metadata (`metadata`); and what was skipped in one of them alone, with the reason."""

    same: bool
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    metadata: tuple[str, ...]
    skipped_in_a: tuple[Mapping[str, str], ...]
    skipped_in_b: tuple[Mapping[str, str], ...]

    def report(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}


def choice_differences(a: Run, b: Run) -> dict[str, tuple[Any, Any]]:
    """Name -> what A and B chose, of all choices and encoders that differ; parameters as "params.NAME"."""
    first, second = _choices(a), _choices(b)
    names = [*first, *(name for name in second if name not in first)]
    return {name: (first.get(name), second.get(name)) for name in names if first.get(name) != second.get(name)}


def _choices(run: Run) -> dict[str, Any]:
    chosen = asdict(run.choices) | {"pair": list(run.choices.pair), "params": dict(run.aligner.params)}
    chosen |= {"encoders": dict(run.encoders), "split": run.report.get("split", "none")}
    chosen["parts"] = None  # thousands of ids; the split says it in words
    flat: dict[str, Any] = {}
    for name, value in chosen.items():
        nested = isinstance(value, Mapping)
        flat |= {f"{name}.{key}": each for key, each in value.items()} if nested else {name: value}
    return {name: value for name, value in flat.items() if value is not None}


def data_difference(a: Collection, b: Collection) -> DataDifference:
    """How the data of B differ from those of A."""
    ids_a, ids_b = set(a.ids), set(b.ids)
    both = [item for item in a.ids if item in ids_b]
    media = [_contents(one) for one in (a, b)]
    cells = [_metadata(one, both) for one in (a, b)] if a.digest != b.digest else [{}, {}]
    left = [_skipped(one) for one in (a, b)]
    return DataDifference(
        same=a.digest == b.digest,
        added=tuple(item for item in b.ids if item not in ids_a),
        removed=tuple(item for item in a.ids if item not in ids_b),
        changed=tuple(item for item in both if media[0].get(item) != media[1].get(item)),
        metadata=tuple(item for item in both if cells[0].get(item) != cells[1].get(item)),
        skipped_in_a=tuple(row for row in left[0] if row not in left[1]),
        skipped_in_b=tuple(row for row in left[1] if row not in left[0]),
    )


def _contents(collection: Collection) -> dict[str, list[tuple[str, str]]]:
    """Item -> (modality, content) of everything that it holds, sorted."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for medium in collection.media:
        found[medium.item].append((medium.modality, medium.digest))
    for modality, rows in collection.vectors.items():
        if not collection.media_of(modality):
            for item, key in zip(rows.ids, rows.keys):
                found[item].append((modality, key))
    return {item: sorted(held) for item, held in found.items()}


def _metadata(collection: Collection, items: Sequence[str]) -> dict[str, str]:
    """Item -> digest of its metadata."""
    rows = collection.items.loc[list(items)].sort_index(axis=1)
    return {item: digest_frame(rows.iloc[[place]]) for place, item in enumerate(items)}


def _skipped(collection: Collection) -> list[dict[str, Any]]:
    return [one.report() for one in collection.skipped]
