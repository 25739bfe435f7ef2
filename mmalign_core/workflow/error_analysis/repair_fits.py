"""Both fits of a repair, and the record by which anyone can make and measure them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mmalign_core.cost import Cost
from mmalign_core.metrics.report import pooled_evaluation
from mmalign_core.progress import within
from mmalign_core.splits import Split
from mmalign_core.triage.repair import Action, Change, changed_sets
from mmalign_core.triage.repair_effect import Effect
from mmalign_core.types import BadInput, Progress, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.inputs import Sets
from mmalign_core.workflow.alignment.measurement import Measurement, measure
from mmalign_core.workflow.alignment.plan import AlignmentPlan, HeldOut, plan_of


@dataclass(frozen=True)
class RepairedPart:
    """One part of the split: `training`: the changes among its items to fit on; `checked`: among the held-out ones."""

    split: Split
    training: tuple[Change, ...]
    checked: tuple[Change, ...]


@dataclass(frozen=True)
class BothFits:
    """The measurements of one part before and after the repair."""

    before: Measurement
    after: Measurement
    part: RepairedPart


def fit_both(plan: AlignmentPlan, part: RepairedPart, cost: Cost, progress: Progress) -> BothFits:
    """Both fits of one part; where nothing is changed among its training items, one fit is both. `cost` gets what the
    fit after the repair takes."""
    changed = replace(plan, sets=changed_sets(plan.sets, part.checked))
    only = changed.with_split(replace(plan.held, parts=(part.split,)))
    before = measure(only, Cost({"fit": 0.0, "match": 0.0}), within(progress, 0.0, 0.5, "before: "))
    if not part.training:
        return BothFits(before, before, part)
    repaired = replace(only, sets=changed_sets(only.sets, part.training)).with_split(only.held)
    return BothFits(before, measure(repaired, cost, within(progress, 0.5, 1.0, "after: ")), part)


def effect_of(fits: Sequence[BothFits], seed: int) -> Effect:
    """Both measurements of all parts together."""
    before, after = (pooled_evaluation([getattr(fit, side).evaluation for fit in fits]) for side in ("before", "after"))
    return Effect(before.directions, after.directions, seed)


@dataclass(frozen=True)
class RepairProof:
    """What was compared: `choices` of both fits, their parts, and the digest of the `data` before the repair."""

    choices: Choices
    parts: tuple[RepairedPart, ...]
    data: str

    @property
    def modalities(self) -> frozenset[str]:
        """Those whose rows were changed in any part."""
        return frozenset(change.modality for part in self.parts for change in (*part.training, *part.checked))

    def report(self) -> dict[str, Any]:
        """The proof as JSON."""
        parts = [
            {
                "train": list(part.split.train),
                "test": list(part.split.test),
                "training": [asdict(change) for change in part.training],
                "checked": [asdict(change) for change in part.checked],
            }
            for part in self.parts
        ]
        return {"choices": asdict(replace(self.choices, parts=None)), "parts": parts, "data": self.data}

    def effect(self, sets: Sets, progress: Progress = no_progress) -> Effect:
        """Both fits made and measured again from `sets`: all rows before the repair, as the aligner reads them."""
        splits = tuple(part.split for part in self.parts)
        plan = plan_of(sets, HeldOut(splits, "", 0, 0, None), self.choices)
        fits = []
        for number, part in enumerate(self.parts):
            shown = within(progress, number / len(self.parts), (number + 1) / len(self.parts))
            fits.append(fit_both(plan, part, Cost({"fit": 0.0, "match": 0.0}), shown))
        return effect_of(fits, self.choices.seed)


def proof_of(kept: Mapping[str, Any]) -> RepairProof:
    """The proof from its JSON; BadInput where it is not as `report` writes it."""
    try:
        choices = Choices(**{**kept["choices"], "pair": tuple(kept["choices"]["pair"])})
        parts = tuple(
            RepairedPart(
                Split(tuple(part["train"]), tuple(part["test"])), _changes(part["training"]), _changes(part["checked"])
            )
            for part in kept["parts"]
        )
        if not parts:
            raise ValueError(say("no parts"))
        choices.check()
        return RepairProof(choices, parts, str(kept["data"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput(say("the proof of the repair is not as this program writes it; repair the run again")) from error


def _changes(kept: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    return tuple(Change(**{**change, "action": Action(change["action"])}) for change in kept)
