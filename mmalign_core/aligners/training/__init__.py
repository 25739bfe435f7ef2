"""Shared parts of trained aligners: the loop, the contrastive losses, seeded weights, the validation split."""

from mmalign_core.aligners.training.holdout import Holdout, hold_out, keep_all, mean_reciprocal_rank
from mmalign_core.aligners.training.loop import Plan, Trained, train
from mmalign_core.aligners.training.losses import LOSSES, Contrast, info_nce, sigmoid_loss
from mmalign_core.aligners.training.weights import (
    add_noise,
    apply_dropout,
    arrays_of,
    load_arrays,
    seed_weights,
    seeded_generator,
)

__all__ = [
    "LOSSES",
    "Contrast",
    "Holdout",
    "Plan",
    "Trained",
    "add_noise",
    "apply_dropout",
    "arrays_of",
    "hold_out",
    "info_nce",
    "keep_all",
    "load_arrays",
    "mean_reciprocal_rank",
    "seed_weights",
    "seeded_generator",
    "sigmoid_loss",
    "train",
]
