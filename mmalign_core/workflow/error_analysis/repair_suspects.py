"""Which pairs of a run's training items a repair suspects most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mmalign_core.splits import paired_items
from mmalign_core.store import Store
from mmalign_core.triage.marks import Mark, MarkKind
from mmalign_core.triage.repair import Change, suggested_changes
from mmalign_core.types import BadInput, Progress, no_progress
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.inputs import Sets
from mmalign_core.workflow.encoding import Encoding
from mmalign_core.workflow.error_analysis.out_of_fold import set_suspicion


@dataclass(frozen=True)
class Suspects:
    """Finds the most suspected pairs among any items: of the `pair` at most `most`, and none of the items `kept`."""

    pair: Sets
    most: int
    kept: frozenset[str]
    seed: int
    store: Store

    def find(self, items: Sequence[str], share: float = 1.0, *, progress: Progress = no_progress) -> tuple[Change, ...]:
        """Changes that drop the most suspected pairs of these items; `share` (0..1) of the number to find, at least
        one. They are judged by these items alone, so that no item that measures the repair has a say in it."""
        wanted = sorted(paired_items(self.pair) & set(items))
        sets = {modality: rows.of_items(wanted) for modality, rows in self.pair.items()}
        try:
            found = set_suspicion(sets, store=self.store, seed=self.seed, progress=progress)
        except BadInput as error:
            raise BadInput(f"no training pair can be suspected: {error}") from error
        return suggested_changes(found.values(), found.pair[1], max(1, round(self.most * share)), self.kept)


def find_suspects(encoding: Encoding, choices: Choices, most: int, marks: Sequence[Mark], store: Store) -> Suspects:
    """What finds the `most` suspected pairs, but none that is marked right. BadInput above half of all pairs."""
    right = frozenset(mark.item for mark in marks if mark.kind is MarkKind.RIGHT and not mark.outdated)
    pair = {modality: encoding.sets[modality] for modality in choices.pair}
    if most > len(paired_items(pair)) // 2:
        raise BadInput(f"{most} of {len(paired_items(pair))} pairs: at most half of them can be suspected")
    return Suspects(pair, most, right, choices.seed, store)
