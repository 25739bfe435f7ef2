"""What every trained aligner shares: the loop, the contrastive losses, seeded weights, the validation split."""

from mmalign_core.aligners.training.holdout import Holdout, hold_out, keep_all, mean_reciprocal_rank
from mmalign_core.aligners.training.loop import Plan, Trained, train
from mmalign_core.aligners.training.losses import LOSSES, Contrast, info_nce, sigmoid_loss
from mmalign_core.aligners.training.weights import arrays_of, dropped, load_arrays, noisy, seed_weights, seeded

__all__ = [
    "LOSSES",
    "Contrast",
    "Holdout",
    "Plan",
    "Trained",
    "arrays_of",
    "dropped",
    "hold_out",
    "info_nce",
    "keep_all",
    "load_arrays",
    "mean_reciprocal_rank",
    "noisy",
    "seed_weights",
    "seeded",
    "sigmoid_loss",
    "train",
]
