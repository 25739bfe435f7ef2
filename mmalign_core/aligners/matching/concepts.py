"""Concepts in text space: weights from posteriors, means of label vectors, whitening by labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmalign_core.spaces import encoders_with_concepts
from mmalign_core.types import BadInput, EmbeddingSet


def needed_concepts(embeddings: EmbeddingSet) -> tuple[np.ndarray, np.ndarray]:
    """Return posterior (n, c) and label vectors (c, d) of a set. BadInput names the encoders that give concepts."""
    concepts = embeddings.concepts
    if concepts is None:
        names = ", ".join(encoders_with_concepts(embeddings.modality)) or "none is installed"
        raise BadInput(
            f"{embeddings.modality} {embeddings.made_by} comes without named concepts, which bridge needs; "
            f"encoders of {embeddings.modality} that give them: {names}; or choose another aligner"
        )
    if concepts.vectors is None or len(concepts.vectors) != concepts.posterior.shape[1]:
        raise BadInput(
            f"the concepts of {embeddings.modality} are not placed in text space: encode their "
            f"{concepts.posterior.shape[1]} names with the text encoder and give them as `Concepts.vectors`"
        )
    return concepts.posterior, concepts.vectors


def concept_weights(posterior: np.ndarray, concepts: int, sharpness: float) -> np.ndarray:
    """Return weights (n, c) float32 of the `concepts` most probable labels, from probability^sharpness, summing to 1.

    Works for softmax posteriors and for independent probabilities. Labels as probable as the last one that counts
    are included, so that ties are not broken. A row without any probability stays zero.
    """
    weights = np.power(np.clip(posterior, 0, None), sharpness, dtype=np.float32)
    if concepts < weights.shape[1]:
        last = np.partition(weights, -concepts, axis=1)[:, -concepts]
        weights[weights < last[:, None]] = 0
    total = weights.sum(axis=1, keepdims=True)
    return weights / np.where(total > 0, total, 1)


def weighted_mean(weights: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return places (n, d) of items: the mean of the label vectors (c, d) under each item's weights (n, c)."""
    return weights @ np.asarray(labels, dtype=np.float32)


def label_space(labels: Sequence[np.ndarray], shrinkage: float) -> np.ndarray:
    """Return the symmetric whitening (d, d) of the mean covariance of several label sets (c, d), with trace preserved.

    (C + shrinkage · v I)^(-1/2), with v the mean variance: zero-phase whitening of a shrunk covariance
    (Kessy et al. 2018; Ledoit & Wolf 2004). BadInput if the sets differ in width.
    """
    widths = sorted({vectors.shape[1] for vectors in labels})
    if len(widths) > 1:
        raise BadInput(f"label vectors have {' and '.join(map(str, widths))} dimensions; use one text encoder for all")
    covariance = np.mean([np.cov(vectors.T.astype(np.float64), bias=True) for vectors in labels], axis=0)
    covariance = np.atleast_2d(covariance)
    variance = np.trace(covariance) / len(covariance) or 1.0
    values, directions = np.linalg.eigh(covariance / variance + shrinkage * np.eye(len(covariance)))
    return (directions / np.sqrt(values / (1 + shrinkage))) @ directions.T
