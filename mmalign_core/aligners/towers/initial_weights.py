"""Initial weights of towers: CCA, the identity, or random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmalign_core.aligners.linear.base import centred_examples
from mmalign_core.aligners.linear.ridge_search import start_from_cca
from mmalign_core.aligners.linear.stored_rows import sum_of_squares
from mmalign_core.aligners.pairs import Sets
from mmalign_core.aligners.towers.tower import Tower, hidden_parts
from mmalign_core.aligners.training import Holdout
from mmalign_core.types import BadInput

STARTS = ("auto", "cca", "as-is", "random")


@dataclass(frozen=True)
class Start:
    """A `kind` of STARTS (never auto) and, for cca, its ridge (None: by held-out pairs)."""

    kind: str
    ridge: float | None = None


def start_towers(
    aligner: str, sets: Sets, parts: Holdout, start: Start, dims: int, hidden: int, seed: int
) -> tuple[dict[str, Tower], Start]:
    """Return towers of the kept examples before any training, and the start including its ridge.

    A place has a length of about `sqrt(k)` before it is normalised, so that one learning rate works for all starts.
    BadInput if all rows of a modality are equal, or for as-is with modalities of different widths.
    """
    examples, centres = centred_examples(aligner, sets, parts.kept, stored=True)
    many = {m: max(1, int(there.sum())) for m, there in examples.present.items()}
    scales = {m: np.sqrt(sum_of_squares(x) / (many[m] * x.shape[1])) for m, x in examples.rows.items()}
    rng, biases = np.random.default_rng(seed), {}
    if start.kind == "cca":
        begun, ridge = start_from_cca(aligner, sets, parts, dims, start.ridge)
        maps = {m: each * scales[m] * np.sqrt(each.shape[1]) for m, each in begun.items()}
        start = Start("cca", ridge)
    elif start.kind == "as-is":
        _check_widths(aligner, sets)
        maps = {m: np.eye(len(centre)) for m, centre in centres.items()}
        biases = {m: centre / scales[m] for m, centre in centres.items()}
    else:
        maps = {m: rng.standard_normal((len(c), dims)) / np.sqrt(len(c)) for m, c in centres.items()}
    towers = {}
    for m, linear in maps.items():
        inner = hidden_parts(len(linear), linear.shape[1], hidden, rng) if hidden else {}
        bias = biases.get(m, np.zeros(linear.shape[1]))
        scale = np.array([scales[m]])
        towers[m] = Tower({"centre": centres[m], "scale": scale, "linear": linear, "bias": bias, **inner})
    return towers, start


def _check_widths(aligner: str, sets: Sets) -> None:
    widths = {m: s.vectors.shape[1] for m, s in sets.items()}
    if len(set(widths.values())) > 1:
        found = ", ".join(f"{m} {width}" for m, width in widths.items())
        raise BadInput(f"{aligner} cannot start from vectors as they are: dimensions differ ({found}); use start=cca")
