"""Use case: align two modalities. The stages are plan, fit, place, measure and report; the result is a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mmalign_core.aligners import Aligner
from mmalign_core.cost import Cost, peak_rss_mb
from mmalign_core.metrics.report import at_chance
from mmalign_core.progress import Watch, no_watch, pulsing, within
from mmalign_core.scoring.corrections import Scores
from mmalign_core.spaces import is_known, reference_of
from mmalign_core.store import Store, new_run_id
from mmalign_core.types import (
    AlignmentResult,
    BadInput,
    Collection,
    EmbeddingSet,
    Matches,
    Progress,
    Strings,
    no_progress,
)
from mmalign_core.wording import say, say_list, say_word
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.inputs import place
from mmalign_core.workflow.alignment.measurement import Measurement, fit, measure, threshold_report, with_suggested
from mmalign_core.workflow.alignment.plan import AlignmentPlan, Part, make_plan
from mmalign_core.workflow.encoding import Encoding
from mmalign_core.workflow.menus.default_aligner import default_aligner

_INTERVALS = 0.99
"""Share of the progress that is reached when the intervals are computed. Our choice."""


@dataclass(frozen=True)
class Run:
    """One finished alignment. `encoders`: modality -> 'name@version' of the encoder of its vectors. `result.space`:
    the places of all rows. `report`: the JSON of `align`. `earlier`: of a repaired run, the rows of each modality that
    the repair changed, as they were before."""

    id: str
    collection: Collection
    encoders: Mapping[str, str]
    aligner: Aligner
    result: AlignmentResult
    choices: Choices
    report: Mapping[str, Any]
    earlier: Mapping[str, EmbeddingSet] = field(default_factory=dict)

    def sets(self, source: str, target: str) -> tuple[EmbeddingSet, EmbeddingSet]:
        """Return the rows of both modalities in the run's space. BadInput names one that it does not hold."""
        for modality in (source, target):
            if modality not in self.result.space:
                raise BadInput(
                    say(
                        "this run holds no {modality}; it holds: {space}",
                        modality=say_word(modality),
                        space=say_list(self.result.space),
                    )
                )
        return self.result.space[source], self.result.space[target]

    def scores(self, source: str, target: str) -> Scores:
        """Return scores of all rows of one modality against all of another, under the run's similarity and correction.

        A correction uses the queries of the run itself, because all its rows are known.
        """
        return self.choices.scoring().scores(*self.sets(source, target))

    def matches(self, scores: Scores) -> Matches:
        """Return the decisions of the run's matcher, or of argmax if there are too many scores for it."""
        return self.choices.scoring().for_sizes(len(scores.sources), len(scores.targets)).match(scores)


def align(
    collection: Collection,
    encoding: Encoding,
    choices: Choices | None = None,
    *,
    store: Store,
    progress: Progress = no_progress,
    watch: Watch = no_watch,
) -> Run:
    """Fit, place, match and measure by `choices`, and return the run with the space of the last fit.

    Without choices the aligner is the default for these encoders, for pictures and texts. With a test share it is
    fitted on the rest and measured on held-out items only, candidates included. With folds it is measured so fold by
    fold, then fitted on all items. With neither it is fitted and measured on all of them (split "none"). If no item has
    both modalities, an aligner that learns from no pairs is still fitted, and nothing is measured. `watch` gets the
    rows of each fit's history during the fit. If the matcher decides by a threshold, the report's `threshold` is
    suggested by held-out training pairs (of the first fold). Raises BadInput before any fit if the choices cannot work.
    """
    choices = choices or _default_choices(encoding)
    choices.check()
    plan = make_plan(collection, encoding, choices, store=store, progress=within(progress, 0.0, 0.1))
    return run_plan(plan, collection, encoding, progress=within(progress, 0.1, 1.0), watch=watch)


def run_plan(
    plan: AlignmentPlan,
    collection: Collection,
    encoding: Encoding,
    *,
    progress: Progress = no_progress,
    watch: Watch = no_watch,
) -> Run:
    """The run that comes of a plan: fits, places, measures, and reports as `align` says."""
    cost = Cost({"read": 0.0, "encode": round(sum(encoding.seconds.values()), 4), "fit": 0.0, "match": 0.0})
    folds = len(plan.parts)
    share = folds / (folds + 1) if folds > 1 else 1.0
    measured = measure(plan, cost, within(progress, 0.0, share), watch=watch)
    return complete(collection, encoding, plan, measured, cost, within(progress, share, 1.0), watch=watch)


def complete(
    collection: Collection,
    encoding: Encoding,
    plan: AlignmentPlan,
    measured: Measurement,
    cost: Cost,
    progress: Progress = no_progress,
    *,
    watch: Watch = no_watch,
) -> Run:
    """The run of a plan that is fitted and measured: with folds an aligner is fitted on all items, else the measured
    one is taken; all rows are placed, and the report is written."""
    choices, fitted, part = plan.choices, measured.aligner, plan.parts[0]
    if len(plan.parts) > 1:
        part = plan.whole
        fitted = fit(plan, part, cost, within(progress, 0.0, 1.0, say("all items: ")), watch=watch)
    threshold = threshold_report(plan, measured, cost, within(progress, 1.0, 1.0))
    choices = with_suggested(choices, measured.thresholds)
    result = _result(plan, part, fitted, cost.seconds["fit"])
    with pulsing(progress, _INTERVALS, say("intervals by resampling")):
        report = _report(choices, fitted, plan, measured, encoding, cost) | threshold
    report["at_chance"] = list(at_chance(report))
    report["left_out"] = [modality for modality in encoding.sets if modality not in result.space]
    encoders = {modality: rows.encoder for modality, rows in plan.sets.items()}
    return Run(new_run_id(choices.aligner), collection, encoders, fitted, result, choices, report)


def as_encoded(collection: Collection, encoding: Encoding) -> Run:
    """Return a run of the modality that most items have, as encoded, for queries and explanations.

    Nothing is aligned or measured, and its report is empty. BadInput if there is nothing to place.
    """
    held = {modality: rows for modality, rows in encoding.sets.items() if len(rows)}
    if not held:
        raise BadInput(
            say(
                "'{name}' holds no usable text, picture or sound; see the report on the Data page", name=collection.name
            )
        )
    modality = max(held, key=lambda name: len(held) > 1 and len(Strings.of(held[name].ids).numbered()[1]))
    rows = held[modality]
    choices = Choices(pair=(modality, modality), aligner="as-is")
    fitted = choices.new_aligner().fit({modality: rows})
    space = {modality: place(fitted, rows)}
    result = AlignmentResult(fitted.name, fitted.family(), fitted.params, choices.seed, space, (), 0.0, False)
    return Run(new_run_id(fitted.name), collection, {modality: rows.encoder}, fitted, result, choices, {})


def _default_choices(encoding: Encoding) -> Choices:
    encoders = {modality: reference_of(key) for modality, key in encoding.encoders.items()}
    given = {modality: rows for modality, rows in encoding.sets.items() if not is_known(encoders[modality])}
    return Choices(aligner=default_aligner(Choices.pair, encoders, given))


def _result(plan: AlignmentPlan, part: Part, fitted: Aligner, seconds: float) -> AlignmentResult:
    """Return every row of the modalities of this fit, including items outside the fit, in the shared space."""
    space = {modality: place(fitted, plan.sets[modality]) for modality in part.modalities}
    name, seed = plan.choices.aligner, plan.choices.seed
    return AlignmentResult(
        name, fitted.family(), fitted.params, seed, space, fitted.history, seconds, fitted.transductive
    )


def _report(
    choices: Choices, fitted: Aligner, plan: AlignmentPlan, measured: Measurement, encoding: Encoding, cost: Cost
) -> dict[str, Any]:
    scoring = choices.scoring()
    return {
        "pair": ":".join(choices.pair),
        "aligner": choices.aligner,
        "family": fitted.family(),
        "params": dict(fitted.params),
        "similarity": choices.similarity,
        "correction": choices.correction,
        "correction_params": scoring.correction.params,
        "matcher": choices.matcher,
        "matcher_params": scoring.matcher.params,
        "seed": choices.seed,
        "exact": choices.exact,
        **({"model_texts": True} if choices.model_texts else {}),
        "holding_out": choices.holding_out(),
        "transductive": choices.is_transductive,
        **plan.held.report(),
        "encoders": dict(encoding.encoders),
        "skipped": [left.report() for left in encoding.skipped],
        **({"long_texts": encoding.long_texts.report()} if encoding.long_texts else {}),
        **measured.evaluation.report(),
        **({"fused": measured.fused} if measured.fused else {}),
        "start_kept": measured.start_kept,
        "caution": fitted.caution({modality: len(plan.sets[modality]) for modality in choices.pair}),
        "history": list(fitted.history),
        "seconds": cost.seconds,
        "infer_seconds_per_1000": cost.infer_seconds_per_1000,
        "fit_peak_mb": cost.fit_peak_mb,
        "fit_added_mb": cost.fit_added_mb,
        "peak_rss_mb": peak_rss_mb(),
    }
