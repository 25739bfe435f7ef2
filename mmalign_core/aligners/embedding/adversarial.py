"""Alignment without pairs by adversarial training, as first used for word embeddings of two languages."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.embedding.adversarial_game import GameSettings, play_games
from mmalign_core.aligners.embedding.procrustes import nearest_orthonormal
from mmalign_core.aligners.embedding.unpaired_base import UnpairedAligner
from mmalign_core.params import param
from mmalign_core.types import Progress
from mmalign_core.wording import say


@register("adversarial")
class Adversarial(UnpairedAligner):
    """GAN after Conneau et al. 2018 (MUSE), with the competition and the Procrustes refinement of `unpaired`.

    The history first holds the games (step, loss: of the discriminators, deceived: of the maps), then the rounds of
    refinement (step, mutual, csls).
    """

    summary = say("No pairs: a map trained against a discriminator of the modalities (GAN), then Procrustes")
    card = Card(
        idea=say(
            "A discriminator learns to tell mapped rows of one modality from rows of the other, and a nearly "
            "orthogonal map learns to deceive it. The best of several games is refined on rows that choose "
            "each other."
        ),
        formula=r"\min_W \max_D\; \mathbb{E}_y \log D(y) + \mathbb{E}_x \log\bigl(1 - D(Wx)\bigr),\quad "
        r"W \leftarrow (1+\beta)W - \beta W W^\top W",
        use=say(
            "As an alternative to unpaired, from which it differs in the first guesses; both need thousands "
            "of rows that show the same kinds of things."
        ),
        reference="Conneau, Lample, Ranzato, Denoyer & Jégou 2018, Word Translation Without Parallel Data (ICLR)",
    )
    trained = True
    games: int = param(8, 1, 256, help="games run at once, from different signs of the axes; the best map wins")
    steps: int = param(200, 10, 1_000_000, help="steps of each game")
    batch: int = param(128, 8, 65_536, help="rows of each modality per step and game")
    hidden: int = param(64, 2, 4096, help="width of the discriminator's two hidden layers")
    smoothing: float = param(0.1, 0, 0.5, help="label smoothing of the discriminator")
    orthogonality: float = param(0.01, 0, 0.5, help="how much each step moves the map towards an orthogonal one")

    def starts(
        self, left: np.ndarray, right: np.ndarray, rng: np.random.Generator, progress: Progress
    ) -> Iterator[np.ndarray]:
        """Yield the nearest rotation to the map of each game, at three times of the game."""
        settings = GameSettings(self.games, self.steps, self.batch, self.hidden, self.smoothing, self.orthogonality)

        def watch(step: int, judged: float, deceived: float) -> None:
            if step % 10 == 0:
                self.record(step=len(self.history) + 1, loss=judged, deceived=deceived)
                progress(step / self.steps, f"step {step} of {self.steps}: discriminator's loss {judged:.3f}")

        for found in play_games(left, right, settings, int(rng.integers(2**31)), watch):
            yield nearest_orthonormal(found)
