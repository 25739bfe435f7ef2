"""Adversarial training of rotations: a discriminator separates the modalities, the rotation works against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.training.weights import add_noise, apply_dropout, seeded_generator

if TYPE_CHECKING:
    import torch

BETAS = (0.5, 0.99)
"""Low momentum, because the opponent changes (the first as Radford et al. 2016; the second is chosen)."""

Watch = Callable[[int, float, float], None]
"""Called with the step and the losses of the discriminators and of the rotations, means over the games."""


@dataclass(frozen=True)
class GameSettings:
    """Settings of the games: how many run at once, how many steps, rows of each side per step.

    Dropout and orthogonality are those of Conneau et al. 2018. The other values are chosen for small collections and
    short games.
    """

    games: int = 8
    steps: int = 200
    batch: int = 128
    hidden: int = 64
    smoothing: float = 0.1
    """Label smoothing: the labels are this far from 0 and 1."""
    orthogonality: float = 0.01
    """How far each step moves the map towards an orthogonal one."""
    map_rate: float = 3e-3
    discriminator_rate: float = 1e-3
    """Learning rates of the maps and of the discriminators."""
    noise: float = 0.5
    """Deviation of the noise on the discriminators' input, in units of the rows' coordinates. It fades to 0."""
    dropout: float = 0.1
    """Dropout rate of the discriminators' input."""
    looks: int = 3
    """How often the maps are recorded, at even intervals, because a game can get worse again."""


def play_games(
    left: np.ndarray, right: np.ndarray, settings: GameSettings, seed: int, watch: Watch
) -> list[np.ndarray]:
    """Return maps (k, k), nearly orthogonal, of left unit rows (n, k) onto right ones (m, k): games x looks of them.

    All games run at once, each from the axes with signs by `draw_signs`. Conneau et al. 2018, section 2.1. Noise as
    in Sønderby et al. 2017.
    """
    import torch

    generator, width = seeded_generator(seed), left.shape[1]
    sides = [torch.tensor(x) for x in (left, right)]
    signs = torch.tensor(draw_signs(left, right, settings.games, seed), dtype=torch.float32)
    maps = torch.diag_embed(signs).requires_grad_()
    discriminators = _discriminators(settings, width, generator)
    discriminator_optimiser = torch.optim.Adam(discriminators, lr=settings.discriminator_rate, betas=BETAS)
    map_optimiser = torch.optim.Adam([maps], lr=settings.map_rate, betas=BETAS)
    found = []
    for step in range(1, settings.steps + 1):
        noise = settings.noise * (1 - step / settings.steps)
        mapped, real = _draw_rows(sides, maps, settings, noise, generator)
        discriminator_loss = _loss(discriminators, mapped.detach(), real, settings.smoothing, settings, generator)
        _descend(discriminator_optimiser, discriminator_loss)
        mapped, real = _draw_rows(sides, maps, settings, noise, generator)
        map_loss = _loss(discriminators, mapped, real, 1 - settings.smoothing, settings, generator)
        _descend(map_optimiser, map_loss)
        _towards_orthogonal(maps, settings.orthogonality)
        if step % max(1, settings.steps // settings.looks) == 0:
            found += list(maps.detach().double().numpy().copy())
        watch(step, float(discriminator_loss.detach()) / settings.games, float(map_loss.detach()) / settings.games)
    return found


def draw_signs(left: np.ndarray, right: np.ndarray, games: int, seed: int) -> np.ndarray:
    """Return (games, k) of 1 and -1: whether each axis has the same direction in both, by the skewness along it.

    The first game takes the likelier sign of every axis, the others draw signs. If neither side is skewed, both signs
    are equally likely.
    """
    skew, other = (_skewness(np.asarray(x, np.float64)) for x in (left, right))
    doubt = 6 / len(left) + 6 / len(right)
    # 8 is chosen: two axes that are equally and clearly skew (a ratio of 1/2) agree in sign at odds of e^4.
    flipped = 1 / (1 + np.exp(8 * skew * other / (skew**2 + other**2 + doubt)))
    drawn = np.random.default_rng(seed).random((games, len(flipped))) < flipped
    drawn[0] = flipped > 0.5
    return np.where(drawn, -1.0, 1.0)


def _skewness(rows: np.ndarray) -> np.ndarray:
    """Mean cube of each column (n, k), in units of its root mean square; its variance by chance is about 6 / n."""
    return (rows**3).mean(0) / np.maximum((rows**2).mean(0), 1e-12) ** 1.5


def _discriminators(settings: GameSettings, width: int, generator: torch.Generator) -> list[torch.Tensor]:
    """Return weights (games, in, out) and biases (games, 1, out) of three layers, one discriminator per game."""
    import torch

    layers = []
    for inputs, outputs in pairwise((width, settings.hidden, settings.hidden, 1)):
        drawn = torch.randn((settings.games, inputs, outputs), generator=generator) / inputs**0.5
        layers += [drawn.requires_grad_(), torch.zeros((settings.games, 1, outputs), requires_grad=True)]
    return layers


def _draw_rows(
    sides: list[torch.Tensor], maps: torch.Tensor, settings: GameSettings, noise: float, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (games, batch, k): left rows under each game's map, and right rows, of length about sqrt(k)."""
    import torch

    shape, scale = (settings.games, settings.batch), maps.shape[1] ** 0.5
    left, right = (side[torch.randint(len(side), shape, generator=generator)] * scale for side in sides)
    return add_noise(left @ maps, noise, generator), add_noise(right, noise, generator)


def _loss(
    discriminators: list[torch.Tensor],
    mapped: torch.Tensor,
    real: torch.Tensor,
    mapped_is_real: float,
    settings: GameSettings,
    generator: torch.Generator,
) -> torch.Tensor:
    """Return the sum over the games of the mean binary cross-entropy of mapped against real rows."""
    import torch

    logits = apply_dropout(torch.cat([mapped, real], dim=1), settings.dropout, generator)
    for i in range(0, len(discriminators), 2):
        logits = torch.baddbmm(discriminators[i + 1], logits, discriminators[i])
        if i + 2 < len(discriminators):
            logits = torch.nn.functional.leaky_relu(logits, 0.2)
    labels = torch.full(logits.shape, mapped_is_real)
    labels[:, mapped.shape[1] :] = 1 - mapped_is_real
    each = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    return each.mean(dim=(1, 2)).sum()


def _descend(optimiser: torch.optim.Optimizer, loss: torch.Tensor) -> None:
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()


def _towards_orthogonal(maps: torch.Tensor, step: float) -> None:
    """W <- (1 + step) W - step W Wᵀ W (Cissé et al. 2017)."""
    import torch

    with torch.no_grad():
        maps.copy_((1 + step) * maps - step * maps @ maps.transpose(1, 2) @ maps)
