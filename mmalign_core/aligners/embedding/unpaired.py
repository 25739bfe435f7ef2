"""Alignment without any pairs, by matching the shapes of two collections."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.embedding.unpaired_base import UnpairedAligner
from mmalign_core.aligners.embedding.unpaired_initial import centroid_starts, profile_start
from mmalign_core.params import param
from mmalign_core.types import Progress
from mmalign_core.wording import say


@register("unpaired")
class Unpaired(UnpairedAligner):
    """Clusters, quadratic assignment, Procrustes (mini-vec2vec, Dar 2025), then self-learning (Artetxe et al. 2018).

    There are many starts. Each assigns cluster centres of both modalities to each other by their similarities, with
    its own clusters. One more uses the similarity profiles of single rows.
    """

    summary = say("No pairs at all: matches the shapes of two collections")
    card = Card(
        idea=say(
            "Items that are alike in one modality are mostly alike in the other. So clusters are assigned to "
            "each other by how similar they are among themselves, and rows that then choose each other "
            "refine the rotation."
        ),
        formula=r"\max_{P} \operatorname{tr}(A P B P^\top),\quad "
        r"Q \leftarrow \arg\min_{Q^\top Q = I} \sum_{(i,j)\ \text{mutual}} \|x_i Q - y_j\|^2",
        use=say(
            "When it is unknown which items belong together, but both collections are large (thousands) and "
            "show the same kinds of things; even a hundred pairs are worth more."
        ),
        reference="Dar 2025, mini-vec2vec; Artetxe, Labaka & Agirre 2018, A robust self-learning method for fully "
        "unsupervised cross-lingual mappings of word embeddings (ACL)",
    )
    clusters: int = param(50, 2, 500, help="cluster centres that are assigned to each other (fewer if rows are few)")
    restarts: int = param(24, 1, 1000, help="how many clusterings and assignments compete")

    def starts(
        self, left: np.ndarray, right: np.ndarray, rng: np.random.Generator, progress: Progress
    ) -> Iterator[np.ndarray]:
        """Yield one rotation from similarity profiles, and `restarts` from clusters."""
        yield profile_start(left, right, rng)
        for i, rotation in enumerate(centroid_starts(left, right, self.clusters, self.restarts, rng)):
            progress((i + 1) / self.restarts, f"start {i + 1} of {self.restarts}")
            yield rotation
