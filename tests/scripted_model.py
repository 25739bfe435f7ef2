"""A language model that answers as it is told to."""

from collections.abc import Sequence

import numpy as np

from mmalign_core.language import LanguageModel
from mmalign_core.types import Progress, no_progress
from mmalign_core.workflow.recommendation.reranking import CALIBRATING


class Scripted(LanguageModel):
    """Answers as told to, so that what surrounds a language model can be tested with any answer one might give."""

    name = "scripted"
    summary = "for tests"

    def __init__(self, *answers: str | Exception, likely: str = "") -> None:
        super().__init__()
        self.answers, self.asked, self.likely = list(answers), list[str](), likely

    @property
    def knows_likelihoods(self) -> bool:  # type: ignore[override]
        return bool(self.likely)

    def load(self, progress: Progress = no_progress) -> None:
        pass

    def complete(self, prompt: str, *, system: str = "", max_tokens: int = 60, progress: Progress = no_progress) -> str:
        self.asked.append(prompt)
        said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(said, Exception):
            raise said
        return said

    def likelihoods(self, prompt: str, continuations: Sequence[str], *, progress: Progress = no_progress) -> np.ndarray:
        """Finds titles that hold `likely` likely after what was liked; long titles are unlikely by themselves."""
        own = -np.array([float(len(text)) for text in continuations])
        liked = np.array([float(self.likely in text) for text in continuations])
        return own if prompt == CALIBRATING else own + liked
