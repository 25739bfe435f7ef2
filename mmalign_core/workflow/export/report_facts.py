"""What a report says in words and numbers: the finding, metrics against chance, what a repair brought, how to rerun."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from typing import Any

from mmalign_core.aligners import ALIGNERS
from mmalign_core.encoders.batched.text_lengths import LongTexts
from mmalign_core.metrics.headline import leading_share
from mmalign_core.metrics.report import at_chance
from mmalign_core.spaces import is_known, reference_of
from mmalign_core.triage.causes import cause_words
from mmalign_core.types import BadInput
from mmalign_core.wording import say, say_word, tr, tr_word
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.bundled_facts import made_by
from mmalign_core.workflow.error_analysis.error_report import ErrorReport

NAMES = {"text": "text", "image": "picture", "audio": "sound", "video": "video"}
_SHARES = ("recall@1", "recall@5", "recall@10", "accuracy")
_MOST_SLICES = 20
"""Slices that the page lists, the worst first. Our choice: one screen."""
_LABELS = {
    "recall@1": say("Right answer first"),
    "recall@5": say("Among the first 5"),
    "recall@10": say("Among the first 10"),
    "accuracy": say("Decided right"),
    "mrr": say("Mean reciprocal rank"),
    "median_rank": say("Median rank"),
}
"""The metrics in the order of the page, and how a stranger reads them."""


def finding(run: Run) -> str:
    """The run's headline as one sentence, of its first direction, with the interval and chance.

    BadInput for a run of an earlier version, which holds no intervals.
    """
    report, way = run.report, "->".join(run.choices.pair)
    found = report.get("metrics", {}).get(way)
    if not found or not found["n"]:
        return say(
            "Nothing was measured: {unmeasured}.", unmeasured=report.get("unmeasured") or "no query has a right answer"
        )
    if way not in report.get("ci95", {}) or way not in report.get("baseline", {}):
        raise BadInput(say("run '{id}' holds no intervals or no values by chance; align the data again", id=run.id))
    source, target = (NAMES.get(modality, modality) for modality in run.choices.pair)
    one = leading_share(report, way)
    sentence = say(
        "The right {target} is {place} for {hits:,} of {n:,} {source}s ({recall:.0%}, 95% "
        "interval {low:.0%} to {high:.0%}; by chance {chance:.0%}).",
        target=say_word(target),
        place=say("first") if one.few else say("among the first {cut}", cut=one.cut),
        hits=one.hits,
        n=one.n,
        source=say_word(source),
        recall=one.value,
        low=one.low,
        high=one.high,
        chance=one.chance,
    )
    return say("{sentence} That is no better than chance.", sentence=sentence) if way in at_chance(report) else sentence


def measured_on(run: Run) -> str:
    """What the numbers were measured on, in one sentence."""
    report = run.report
    if not run.choices.holds_out:
        if not ALIGNERS.get(run.choices.aligner).needs_pairs:
            return say("Nothing was held out; {aligner} learns from no pairs.", aligner=run.choices.aligner)
        return say("Nothing was held out: the aligner was measured on the items that it was fitted on.")
    shared = report.get("shared_content")
    caution = say(" {shared:,} of them share content with items of the fit.", shared=shared) if shared else ""
    return say(
        "Measured on {n_test:,} pairs that the aligner never saw, fitted on {n_train:,} (split: {split}).{caution}",
        n_test=report["n_test"],
        n_train=report["n_train"],
        split=report["split"],
        caution=caution,
    )


def metric_tables(run: Run) -> list[dict[str, Any]]:
    """For each direction its title, sizes, and rows of label, value, interval, chance, and bars in percent."""
    tables, report = [], run.report
    for way, found in report.get("metrics", {}).items():
        if not found["n"]:
            continue
        source, _, target = way.partition("->")
        rows = [
            _metric_row(name, label, found[name], report["ci95"][way][name], report["baseline"][way][name])
            for name, label in _LABELS.items()
        ]
        title = tr("{source} to {target}", source=_named(source), target=_named(target))
        sizes = say("{n:,} queries, each among {candidates:,} candidates", n=found["n"], candidates=found["candidates"])
        left, drawn = found.get("unanswerable", 0), found.get("sampled_of", 0)
        sizes += say(", a random sample of {drawn:,}", drawn=drawn) if drawn else ""
        tables.append(
            {
                "title": title[:1].upper() + title[1:],
                "sizes": sizes + (say("; {left:,} had no right answer", left=left) if left else ""),
                "rows": rows,
            }
        )
    return tables


def _named(modality: str) -> str:
    return tr_word(NAMES.get(modality, modality))


def _metric_row(name: str, label: str, value: float, ci95: list[float], chance: float) -> dict[str, Any]:
    show = _percent if name in _SHARES else _number
    row: dict[str, Any] = {"label": label, "name": name, "value": show(value), "chance": show(chance), "bar": None}
    row["interval"] = f"{show(ci95[0])} to {show(ci95[1])}"
    if name != "median_rank":
        row["bar"] = {"value": value * 100, "low": ci95[0] * 100, "high": ci95[1] * 100, "chance": chance * 100}
    return row


def _percent(value: float) -> str:
    return f"{value:.1%}"


def _number(value: float) -> str:
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def cause_rows(errors: ErrorReport) -> list[dict[str, Any]]:
    """Cause, how many wrong queries have it as one of theirs, and the share of all wrong queries in percent."""
    wrong, counts = 0, Counter[str]()
    for part in errors.directions.values():
        for correct, causes in zip(part.judgements.correct.tolist(), part.causes):
            wrong += not correct
            counts.update({cause.name for cause in causes} if not correct else set())
    return [
        {"name": cause_words(name), "n": n, "of": wrong, "share": 100 * n / wrong} for name, n in counts.most_common()
    ]


def slice_rows(found: Mapping[str, Any]) -> list[dict[str, str]]:
    """Label, n, value, interval, difference and corrected p of the slices that surely differ from the rest.

    `found`: what `slices --json` prints. {} gives no rows.
    """
    show = _percent if found.get("metric") in _SHARES else _number
    rows = []
    for each in [row for row in found.get("slices", ()) if row["significant"]][:_MOST_SLICES]:
        low, high = each["difference"]["ci95"]
        rows.append(
            {
                "label": f"{each['label']}, {each['direction'].replace('->', ' to ')}",
                "n": f"{each['n']:,}",
                "value": show(each["value"]),
                "interval": " to ".join(map(show, each["ci95"])),
                "difference": f"{each['difference']['value']:+.3f} ({low:+.3f} to {high:+.3f})",
                "p": f"{each['difference']['q']:.3f}",
            }
        )
    return rows


def repair_facts(run: Run) -> dict[str, Any] | None:
    """What was changed in the data of the run and what it brought; None where the run is of no repair."""
    repair = run.report.get("repair")
    if not run.report.get("repaired_from") or not isinstance(repair, Mapping):
        return None
    rows = []
    for way, metrics in repair.get("difference", {}).items():
        for name, label in _LABELS.items():
            if name in metrics:
                before, after = (repair[side][way][name] for side in ("before", "after"))
                show = _percent if name in _SHARES else _number
                low, high = metrics[name]["ci95"]
                change = f"{metrics[name]['value']:+.3f} ({low:+.3f} to {high:+.3f})"
                rows.append([way.replace("->", " to "), label, show(before), show(after), change])
    counts = {name: len(repair.get(name, ())) for name in ("dropped", "fixed", "broken")}
    return {"from": run.report["repaired_from"], "verdict": repair.get("verdict", ""), "rows": rows, **counts}


def command_line(run: Run) -> str:
    """The line that makes the run again from its data."""
    choices, words = (
        run.choices,
        ["python", "-m", "mmalign_core", "align", "DATA", "--pair", ":".join(run.choices.pair)],
    )
    for modality, key in run.encoders.items():
        if modality not in run.collection.vectors or is_known(reference_of(key)):
            words += ["--encoder", f"{modality}={reference_of(key)}"]
    words += ["--aligner", choices.aligner, *_assigned("--param", run.aligner.params)]
    for what in ("similarity", "correction", "matcher"):
        words += [f"--{what}", getattr(choices, what)]
    words += _assigned("--correction-param", choices.correction_params)
    words += _assigned("--matcher-param", choices.matcher_params)
    for name in ("test", "folds", "fold_column", "time_column"):
        if (value := getattr(choices, name)) is not None:
            words += [f"--{name.replace('_', '-')}", f"{value}"]
    return shlex.join([*words, "--seed", str(choices.seed)])


def _assigned(option: str, values: Mapping[str, Any] | None) -> list[str]:
    given = {name: value for name, value in (values or {}).items() if value is not None}
    return [word for name, value in given.items() for word in (option, f"{name}={value}")]


def version_facts(run: Run, moment: str) -> list[tuple[str, str]]:
    """What made the run and the page, one (name, value) a line."""
    versions = ", ".join(f"{name} {number}" for name, number in made_by().items())
    items = len(run.collection.ids)
    long = run.report.get("long_texts")
    return [
        (say("Run"), run.id),
        *([(say("Long texts"), LongTexts.of(long).sentence())] if long else []),
        (
            say("Data"),
            say(
                "{name}, {items:,} items, digest {digest}",
                name=run.collection.name,
                items=items,
                digest=run.collection.digest,
            ),
        ),
        (say("Aligner"), run.choices.aligner),
        (say("Encoders"), "; ".join(f"{modality}: {key}" for modality, key in run.encoders.items())),
        (say("Versions"), versions),
        (say("Written"), moment),
    ]
