"""A fit of a comparison that is kept, so that using the aligner needs no second fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mmalign_core.cost import Cost
from mmalign_core.types import Collection, Progress, no_progress
from mmalign_core.workflow.alignment.measurement import Measurement
from mmalign_core.workflow.alignment.plan import AlignmentPlan
from mmalign_core.workflow.alignment.run import Run, complete
from mmalign_core.workflow.encoding import Encoding


@dataclass(frozen=True)
class KeptFit:
    """The plan of an entry, the vectors that all entries share, the fitted aligner with its measures, and its cost."""

    plan: AlignmentPlan
    encoding: Encoding
    measured: Measurement
    cost: Cost

    def run(self, collection: Collection, *, progress: Progress = no_progress) -> Run:
        """Return the run that `align` would make by the same choices: all rows are placed by the kept aligner.

        After several folds no aligner has seen all items, so one is fitted on them, as `align` does. `collection`: the
        compared one.
        """
        encoded = round(sum(self.encoding.seconds.values()), 4)
        cost = replace(self.cost, seconds={"read": 0.0, "encode": encoded, **self.cost.seconds})
        return complete(collection, self.encoding, self.plan, self.measured, cost, progress)
