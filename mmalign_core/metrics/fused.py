"""Queries fused from several modalities: does a picture with its sound find the text better than either alone?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mmalign_core.metrics.direction import Direction, measure
from mmalign_core.scoring.decision import Scoring
from mmalign_core.splits import paired_items
from mmalign_core.types import BadInput, EmbeddingSet, digest_json

Sets = Mapping[str, EmbeddingSet]


def fused_set(ids: Sequence[str], places: np.ndarray, parts: Sets) -> EmbeddingSet:
    """Places (n, k) of whole items as one set of modality "image+audio", of the items that have all the `parts`.

    `ids` and `places` are what `Aligner.fuse(parts)` gives. Two items hold the same content when they do so in every
    part. BadInput if no item has them all.
    """
    name = "+".join(parts)
    whole = paired_items(parts)
    rows = [row for row, item in enumerate(ids) if item in whole]
    if not rows:
        raise BadInput(f"no item has all of {name}; there is nothing to fuse")
    held: dict[str, list[str]] = {item: [] for item in whole}
    for modality, s in parts.items():
        for item, key in sorted(zip(s.ids, s.keys)):
            if item in held:
                held[item].append(f"{modality} {key}")
    named = tuple(ids[row] for row in rows)
    encoder = " + ".join(s.encoder for s in parts.values())
    return EmbeddingSet(name, named, tuple(digest_json(held[i]) for i in named), np.asarray(places)[rows], encoder)


def measure_fused(
    fused: EmbeddingSet,
    space: Sets,
    target: str,
    scoring: Scoring,
) -> dict[str, Direction]:
    """The fused rows and each of their modalities alone as queries of `target`, and `target` as query of the fused.

    `space`: modality -> rows in the aligner's space, `target` and the fused modalities among them. All are asked for
    the same items, those that have everything, and over the same candidates: "image+audio->text", "image->text",
    "audio->text", "text->image+audio".
    """
    asked = set(fused.ids) & set(space[target].ids)
    whole, candidates = fused.of_items([*asked]), space[target].of_items([*asked])
    ways = {fused.modality: whole} | {m: space[m].of_items([*asked]) for m in fused.modality.split("+")}
    found = {f"{name}->{target}": measure(rows, candidates, scoring) for name, rows in ways.items()}
    back = measure(candidates, whole, scoring)
    return found | {f"{target}->{fused.modality}": back}
