"""The choices of an alignment, and the pairs of modalities to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.data.names import shown
from mmalign_core.scoring.corrections import CORRECTIONS
from mmalign_core.scoring.decision import Scoring
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.types import BadInput, Collection
from mmalign_core.types.strings import Strings, joined_strings

HOLDING_OUT = ("test", "folds", "fold_column", "time_column")
"""The choices that hold items out of the fit."""
LARGEST_SEED = 2**32 - 1
"""Largest seed of all random generators: scikit-learn's accept 32 bits."""
PAIRS = (("image", "text"), ("audio", "text"), ("image", "audio"), ("video", "text"))
"""Default pairs, tried in this order."""
_KINDS: Mapping[str, tuple[type, str]] = {
    **dict.fromkeys(("aligner", "similarity", "correction", "matcher"), (str, "its name")),
    **dict.fromkeys(("params", "matcher_params", "correction_params"), (Mapping, "names and values, as {'dims': 2}")),
    **dict.fromkeys(("fold_column", "time_column"), (str, "the name of a metadata column")),
    **dict.fromkeys(("folds", "seed"), (Integral, "a whole number")),
    **dict.fromkeys(("exact", "model_texts"), (bool, "True or False")),
    "test": (Real, "a share between 0 and 1, such as 0.2"),
}
"""Name of a choice -> its type, and the words for it. Those whose default is None may be None."""


@dataclass(frozen=True)
class Choices:
    """All choices of one alignment; see `python -m mmalign_core align --help`.

    `test` (a share), `folds` (a number) or `fold_column` (a metadata column whose values are the folds) hold items
    out; `time_column` with `test` holds the latest ones out. `parts`: the items to fit on and to measure of each part,
    where they are settled: a repaired run keeps the split of the run that it repairs, whose contents have changed.
    `exact` measures all queries also where they are so many that a sample of them is measured otherwise.
    `model_texts` measures items whose text a model made too.
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
    parts: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] | None = None
    exact: bool = False
    model_texts: bool = False

    @property
    def holds_out(self) -> bool:
        """Whether items are held out of the fit to measure it."""
        return any(getattr(self, name) is not None for name in HOLDING_OUT)

    def holding_out(self) -> dict[str, Any]:
        """The choices that say which items are kept from the fit, as the report holds them."""
        chosen = {name: getattr(self, name) for name in HOLDING_OUT}
        return chosen if self.parts is None else {**chosen, "parts": self.parts}

    @property
    def is_transductive(self) -> bool:
        """Whether the aligner, the correction or the matcher uses all queries together."""
        return ALIGNERS.get(self.aligner).transductive or self.scoring().is_transductive(has_bank=self.holds_out)

    @property
    def needs_pairs(self) -> bool:
        """Whether the fit or a measure needs items that have both modalities."""
        return self.holds_out or ALIGNERS.get(self.aligner).needs_pairs or self.scoring().takes_suggestion

    def check(self) -> None:
        """BadInput for a value of another type, or a name or parameter that does not exist or is out of range.

        Called before any long work.
        """
        self._check_types()
        if not 0 <= self.seed <= LARGEST_SEED:
            raise BadInput(f"the seed is {self.seed}; give a whole number from 0 to {LARGEST_SEED}")
        self.new_aligner()
        self.scoring()
        self._check_split()

    def check_pair(self, present: Sequence[str]) -> None:
        """Raise BadInput unless both modalities of the pair are `present`."""
        for modality in self.pair:
            if modality not in present:
                has = f"it has: {', '.join(present) or 'nothing'}"
                cure = "choose another pair, or see by inspect what was left out"
                raise BadInput(f"the collection has no usable {modality}; {has}; {cure}")

    def new_aligner(self) -> Aligner:
        """Return the chosen aligner with its parameters, not fitted."""
        return ALIGNERS.create(self.aligner, **(self.params or {}))

    def caution(self, collection: Collection) -> str:
        """Return why this aligner would hardly find anything in so few media, before any work; "" if it may."""
        counts = {modality: len(collection.media_of(modality)) for modality in self.pair}
        given = {m: len(rows) for m, rows in collection.vectors.items() if m in counts}
        return ALIGNERS.get(self.aligner).caution(counts | given)

    def settled_by(self, fitted: Aligner) -> Choices:
        """Return the choices with the values that this fit chose, so that another fit's scores have the same scale."""
        return replace(self, params={**(self.params or {}), **fitted.chosen_params})

    def scoring(self) -> Scoring:
        """Return the chosen similarity, correction and matcher with their parameters, and the seed."""
        matcher = MATCHERS.create(self.matcher, **(self.matcher_params or {}))
        similarity = SIMILARITIES.create(self.similarity)
        correction = CORRECTIONS.create(self.correction, **(self.correction_params or {}))
        return Scoring(similarity, correction, matcher, self.seed, self.exact)

    def _check_types(self) -> None:
        named = isinstance(self.pair, (tuple, list)) and all(isinstance(modality, str) for modality in self.pair)
        if not named or len(self.pair) != 2:
            raise BadInput(f"pair={shown(repr(self.pair))}: give two modalities, such as ('image', 'text')")
        for name, (kind, words) in _KINDS.items():
            value = getattr(self, name)
            if value is None and getattr(Choices, name) is None:
                continue
            named = not isinstance(value, Mapping) or all(isinstance(key, str) for key in value)
            if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool) or not named:
                raise BadInput(f"{name}={shown(repr(value))}: give {words}")

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


def pairs_of(collection: Collection) -> tuple[tuple[str, str], ...]:
    """Return the pairs of modalities of which at least one item has both, the default ones first."""
    held = _holders(collection)
    return tuple((a, b) for a, b in _all_pairs(held) if held[a].among(held[b]).any())


def unpaired_of(collection: Collection) -> tuple[tuple[str, str], ...]:
    """Return the other pairs: no item has both. Only aligners without pairs can align them, without measurement."""
    held = _holders(collection)
    return tuple((a, b) for a, b in _all_pairs(held) if not held[a].among(held[b]).any())


def _holders(collection: Collection) -> dict[str, Strings]:
    """Return modality -> the items that have it, as often as they do."""
    held = {m: collection.media_of(m).items for m in collection.modalities}
    given = {m: Strings.of(rows.ids) for m, rows in collection.vectors.items()}
    return held | {m: joined_strings([held.get(m, Strings()), ids]) for m, ids in given.items()}


def _all_pairs(held: Mapping[str, Strings]) -> list[tuple[str, str]]:
    others = [(a, b) for a in held for b in held if a < b and (a, b) not in PAIRS and (b, a) not in PAIRS]
    return [(a, b) for a, b in (*PAIRS, *others) if a in held and b in held]
