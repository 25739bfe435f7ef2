"""What a person chooses for one alignment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.scoring.corrections import CORRECTIONS, Correction
from mmalign_core.scoring.matchers import MATCHERS, Matcher
from mmalign_core.scoring.similarities import SIMILARITIES, Similarity
from mmalign_core.types import BadInput

HOLDING_OUT = ("test", "folds", "fold_column", "time_column")
"""The choices that say which items are kept from the fit."""
LARGEST_SEED = 2**32 - 1
"""What every generator of random numbers takes."""


@dataclass(frozen=True)
class Choices:
    """Everything a person chooses for one alignment; see `python -m mmalign_core align --help`.

    `test` (a share), `folds` (a number) or `fold_column` (a metadata column whose values are the folds) hold items
    out; `time_column` with `test` holds the latest ones out.
    """

    pair: tuple[str, str] = ("image", "text")
    aligner: str = "bridge"
    params: Mapping[str, Any] | None = None
    similarity: str = "cosine"
    correction: str = "none"
    matcher: str = "argmax"
    matcher_params: Mapping[str, Any] | None = None
    test: float | None = None
    folds: int | None = None
    seed: int = 0
    correction_params: Mapping[str, Any] | None = None
    fold_column: str | None = None
    time_column: str | None = None

    @property
    def holds_out(self) -> bool:
        """Whether items are kept from the fit to be measured."""
        return any(getattr(self, name) is not None for name in HOLDING_OUT)

    def check(self) -> None:
        """BadInput for a name or parameter that does not exist or is out of range: before any long work."""
        if not 0 <= self.seed <= LARGEST_SEED:
            raise BadInput(f"the seed is {self.seed}; give a whole number from 0 to {LARGEST_SEED}")
        self.new_aligner()
        self.new_matcher()
        self.new_similarity()
        self.new_correction()
        self._check_split()

    def check_pair(self, there: Sequence[str]) -> None:
        """BadInput unless both modalities of the pair are `there`."""
        for modality in self.pair:
            if modality not in there:
                has = f"it has: {', '.join(there) or 'nothing'}"
                cure = "choose another pair, or see by inspect what was left out"
                raise BadInput(f"the collection has no usable {modality}; {has}; {cure}")

    def new_aligner(self) -> Aligner:
        """The chosen aligner with its parameters, not fitted."""
        return ALIGNERS.create(self.aligner, **(self.params or {}))

    def settled_by(self, fitted: Aligner) -> Choices:
        """The same with what this fit chose by itself given, so that another fit's scores are on the same scale."""
        return replace(self, params={**(self.params or {}), **fitted.settled})

    def new_similarity(self) -> Similarity:
        """The chosen similarity."""
        return SIMILARITIES.create(self.similarity)

    def new_correction(self) -> Correction:
        """The chosen correction with its parameters."""
        return CORRECTIONS.create(self.correction, **(self.correction_params or {}))

    def new_matcher(self) -> Matcher:
        """The chosen matcher with its parameters."""
        return MATCHERS.create(self.matcher, **(self.matcher_params or {}))

    def _check_split(self) -> None:
        ways = {
            "a test share (--test)": self.test,
            "folds (--folds)": self.folds,
            "a fold column (--fold-column)": self.fold_column,
        }
        chosen = [way for way, value in ways.items() if value is not None]
        if len(chosen) > 1:
            raise BadInput(f"{' and '.join(chosen)} cannot go together; choose one way to hold items out")
        if self.time_column is not None and self.test is None:
            raise BadInput(f"the time column '{self.time_column}' needs a test share (--test 0.2), the part held out")
        if self.test is not None and not 0 < self.test < 1:
            raise BadInput(f"the held-out share is {self.test}; give one between 0 and 1, such as 0.2")
        if self.folds is not None and self.folds < 2:
            raise BadInput(f"{self.folds} folds: at least 2")
