"""The outcome of a repair: its report, its verdict, and the run of the repaired data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mmalign_core.aligners import ALIGNERS
from mmalign_core.cost import Cost
from mmalign_core.store import Store
from mmalign_core.triage.repair import Action, Change, changed_collection, changed_sets
from mmalign_core.triage.repair_effect import Effect
from mmalign_core.types import Progress, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.measurement import Measurement
from mmalign_core.workflow.alignment.plan import AlignmentPlan, hold_out
from mmalign_core.workflow.alignment.run import Run, align, complete, run_plan
from mmalign_core.workflow.encoding import Encoding
from mmalign_core.workflow.error_analysis.repair_fits import RepairProof


@dataclass(frozen=True)
class Repair:
    """A repair and its proof.

    `changes`: what was done to training pairs; `excluded`: held-out items that are marked wrong, which neither fit was
    measured on; `checked`: the changes among held-out items. `plan` and `measured`: of the repaired data.
    """

    run: Run
    encoding: Encoding
    plan: AlignmentPlan
    measured: Measurement
    cost: Cost
    changes: tuple[Change, ...]
    checked: tuple[Change, ...]
    excluded: tuple[str, ...]
    effect: Effect
    by: str
    """"marks" or "suggested"."""
    proof: RepairProof
    """What both fits were made of."""

    def report(self) -> dict[str, Any]:
        """What `repair --json` prints."""
        return {
            "run": self.run.id,
            "aligner": self.plan.choices.aligner,
            "pair": ":".join(self.plan.choices.pair),
            "by": self.by,
            "split": self.plan.held.words,
            **self.effect.report(),
            "dropped": [change.report() for change in self.changes],
            "n_dropped": len(self.changes),
            "re_paired": [change.item for change in self.changes if change.action is Action.REPLACE],
            "not_measured": list(self.excluded),
            "verdict": self.verdict(),
        }

    def verdict(self) -> str:
        """What came of it, in one sentence."""
        name = self.plan.choices.aligner
        if not ALIGNERS.get(name).needs_pairs:
            return say(
                "'{name}' learns from no pairs, so that a repair of training pairs cannot teach it anything; "
                "name an aligner that learns from them, such as --aligner ridge or cca.",
                name=name,
            )
        if not self.changes:
            return say("No training pair was changed: what is marked is held out, and it is not measured.")
        return self.effect.verdict()

    def repaired_run(self, *, store: Store, progress: Progress = no_progress) -> Run:
        """The run of the repaired data, with the same held-out items. A run that holds nothing out is aligned and
        measured on all items again. Its report holds `repaired_from`, `dropped`, `repair`, which is the comparison, and
        `repair_proof`, by which the comparison can be made again."""
        changes = (*self.changes, *self.checked)
        collection, choices = changed_collection(self.run.collection, changes), self.plan.choices
        encoding = replace(self.encoding, sets=changed_sets(self.encoding.sets, changes), media=collection.media)
        if self.run.choices.holds_out:
            parts = tuple((part.train, part.test) for part in self.plan.held.parts)
            choices = replace(choices, parts=parts)
            held = hold_out(collection, changed_sets(self.plan.sets, changes), choices)
            plan = replace(self.plan, sets=changed_sets(self.plan.sets, changes), choices=choices).with_split(held)
            # By folds the proof measures no re-paired item; the new run does, so it is measured anew.
            if len(parts) > 1 and any(change.other for change in changes):
                made = run_plan(plan, collection, encoding, progress=progress)
            else:
                made = complete(collection, encoding, plan, self.measured, self.cost, progress)
        else:
            made = align(collection, encoding, replace(choices, folds=None), store=store, progress=progress)
        told = self.report()
        about = {"repaired_from": self.run.id, "dropped": told["dropped"], "repair": told}
        about["repair_proof"] = self.proof.report()
        earlier = {modality: rows for modality, rows in self.plan.sets.items() if modality in self.proof.modalities}
        return replace(made, report={**made.report, **about}, earlier=earlier)
