"""Unchanged vectors: for encoders that share a space and for given vectors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mmalign_core.aligners.base import Aligner, register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.explainable import LinearMap
from mmalign_core.spaces import is_known, reference_of, space_of
from mmalign_core.types import BadInput, EmbeddingSet, Progress
from mmalign_core.wording import say

_WIDEST = 8192
"""Width up to which the identity is written out for explanations: 512 MB. Our choice."""


@register("as-is")
class AsIs(Aligner):
    """No fit. Lengths are kept, so that dot product and Euclidean distance keep their meaning."""

    summary = say("Vectors as they are, for encoders that share a space (CLIP, CLAP) or given vectors")
    card = Card(
        idea=say(
            "The vectors are not changed. Encoders that were trained together, or vectors made elsewhere, "
            "already lie in one space."
        ),
        formula=r"f_m(x) = x",
        use=say("First with encoders that share a space, and as the baseline that every trained aligner must beat."),
        reference="Radford et al. 2021, Learning Transferable Visual Models From Natural Language Supervision (CLIP)",
    )
    needs_pairs = False

    def can_join(self, rows: EmbeddingSet, pair: Mapping[str, EmbeddingSet]) -> bool:
        """Whether the vectors are as wide as the pair's and not of an encoder known to have another space."""
        sets = {**pair, rows.modality: rows}
        return len({s.vectors.shape[1] for s in sets.values()}) == 1 and len(set(_known_spaces(sets).values())) < 2

    def _fit(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> None:
        """Check that the sets can share a space: equal widths, and no two encoders with different known spaces."""
        _check_widths(sets)
        _check_spaces(sets)
        self._width = next((s.vectors.shape[1] for s in sets.values()), 0)

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return the vectors, (n, d)."""
        if embeddings.vectors.shape[1] != self._width:
            raise BadInput(
                f"{embeddings.modality} has {embeddings.vectors.shape[1]} dimensions, the space has {self._width}; "
                "use vectors of the same encoder"
            )
        return embeddings.vectors

    def _linear_map(self, modality: str) -> LinearMap | None:
        """Return the identity, or None for vectors so wide that it is not written out."""
        if self._width > _WIDEST:
            return None
        return LinearMap(np.zeros(self._width), np.eye(self._width), np.zeros(self._width))

    def _state(self) -> Mapping[str, np.ndarray]:
        """Return the width of the space."""
        return {"width": np.array([self._width])}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore the width."""
        self._width = int(state["width"][0])


def _check_widths(sets: Mapping[str, EmbeddingSet]) -> None:
    widths = {modality: s.vectors.shape[1] for modality, s in sets.items()}
    if len(set(widths.values())) > 1:
        found = ", ".join(f"{m} {w} ({sets[m].made_by})" for m, w in widths.items())
        raise BadInput(
            f"as-is needs vectors of one space, but dimensions differ: {found}; choose encoders that share a space, "
            "or another aligner"
        )


def _check_spaces(sets: Mapping[str, EmbeddingSet]) -> None:
    """Raise BadInput for two of our own encoders with different spaces, even if the widths are equal."""
    spaces = _known_spaces(sets)
    if len(set(spaces.values())) > 1:
        found = ", ".join(f"{m} by {sets[m].encoder.partition('@')[0]}" for m in spaces)
        raise BadInput(f"as-is cannot compare {found}: they do not share a space; choose another aligner")


def _known_spaces(sets: Mapping[str, EmbeddingSet]) -> dict[str, str]:
    """Return modality -> space of its encoder, for the sets of our own encoders."""
    names = {m: reference_of(s.encoder) for m, s in sets.items()}
    return {m: space_of(name) for m, name in names.items() if is_known(name)}
