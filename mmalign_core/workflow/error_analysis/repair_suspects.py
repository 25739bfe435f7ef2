"""Which pairs of a run's training items a repair suspects most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mmalign_core.progress import within
from mmalign_core.splits import paired_items
from mmalign_core.store import Store
from mmalign_core.triage.marks import Mark, MarkKind
from mmalign_core.triage.repair import Change, most_suspected, suggested_changes
from mmalign_core.types import BadInput, Progress, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.inputs import Sets
from mmalign_core.workflow.alignment.plan import HeldOut
from mmalign_core.workflow.encoding import Encoding
from mmalign_core.workflow.error_analysis.out_of_fold import set_partners, set_suspicion


@dataclass(frozen=True)
class Suspects:
    """Finds the most suspected pairs among any items, and their right partners: of the `pair` at most `most`, and none
    of the items `kept`."""

    pair: Sets
    most: int
    kept: frozenset[str]
    seed: int
    store: Store

    def find(self, items: Sequence[str], share: float = 1.0, *, progress: Progress = no_progress) -> tuple[Change, ...]:
        """What to do with the most suspected pairs of these items; `share` (0..1) of the number to find, at least one.

        They are judged by these items alone, so that no item that measures the repair has a say in it. Suspects that
        surely exchanged their media are re-paired, the others are dropped; one whose own media agree best among all
        suspects stays, where partners can be told at all.
        """
        wanted = sorted(paired_items(self.pair) & set(items))
        sets = {modality: rows.of_items(wanted) for modality, rows in self.pair.items()}
        try:
            found = set_suspicion(sets, store=self.store, seed=self.seed, progress=within(progress, 0.0, 0.5))
        except BadInput as error:
            raise BadInput(say("no training pair can be suspected: {error}", error=error)) from error
        values = found.values()
        suspects = most_suspected(values, max(1, round(self.most * share)), self.kept)
        second = within(progress, 0.5, 1.0)
        partners, kept = set_partners(sets, suspects, store=self.store, seed=self.seed, progress=second)
        return suggested_changes(suspects, values, found.pair[1], partners, kept)


def find_suspects(
    encoding: Encoding, choices: Choices, held: HeldOut, most: int, marks: Sequence[Mark], store: Store
) -> Suspects:
    """What finds the `most` suspected pairs, but none that is marked right. BadInput above half of the training pairs,
    of the smallest part of the split."""
    right = frozenset(mark.item for mark in marks if mark.kind is MarkKind.RIGHT and not mark.outdated)
    pair = {modality: encoding.sets[modality] for modality in choices.pair}
    fitted = min(len(paired_items(pair) & set(part.train)) for part in held.parts)
    if most > fitted // 2:
        raise BadInput(
            say("{most} of {fitted} training pairs: at most half of them can be suspected", most=most, fitted=fitted)
        )
    return Suspects(pair, most, right, choices.seed, store)
