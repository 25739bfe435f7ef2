"""Suspicion of the pairs of a run: one value for each pair, with evidence that a person can check."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.scoring.corrections import Scores
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.store import Store
from mmalign_core.triage.causes import CAUSES, Context
from mmalign_core.triage.judgements import Judgements
from mmalign_core.types import BadInput, Collection
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.run import Run, align
from mmalign_core.workflow.encoding import encode
from mmalign_core.workflow.error_analysis.out_of_fold import (
    pair_suspicion,
    suspicion,
)
from tests.test_suspicion import SIZE, SWAPPED, made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def given_run(store: Store) -> tuple[Run, Collection, set[str]]:
    sets, wrong = made(8)
    collection = Collection("made", pd.DataFrame(index=list(sets["image"].ids)), (), vectors=sets)
    run = align(collection, encode(collection, store=store), Choices(aligner="ridge", test=0.2), store=store)
    return run, collection, wrong


def test_a_run_gives_each_pair_one_suspicion_in_both_directions(store: Store) -> None:
    run, collection, wrong = given_run(store)
    steps: list[float] = []
    values = suspicion(run, ("image", "text"), store=store, progress=lambda share, words: steps.append(share))
    assert values == suspicion(run, ("text", "image"), store=store)
    assert set(values) == set(collection.ids)
    assert len(wrong & set(sorted(values, key=lambda item: -values[item])[:SWAPPED])) >= 0.8 * SWAPPED
    assert steps == sorted(steps) and steps[-1] <= 1
    with pytest.raises(BadInput, match="there is no audio in 'made'"):
        suspicion(run, ("image", "audio"), store=store)


def test_a_cancel_is_heard(store: Store) -> None:
    run, _, _ = given_run(store)

    class Cancelled(Exception):
        pass

    def cancel(share: float, words: str) -> None:
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        suspicion(run, ("image", "text"), store=store, progress=cancel)


def test_the_cause_holds_what_a_person_can_check(store: Store) -> None:
    run, _, wrong = given_run(store)
    found = pair_suspicion(run, ("image", "text"), store=store)
    image, text = run.result.space["image"], run.result.space["text"]
    rows = np.arange(SIZE)
    columns = {field.name: rows for field in fields(Judgements)}
    sides = {"direction": ("image", "text"), "queries": image, "candidates": text}
    judged = Judgements(**columns | sides)  # pyright: ignore[reportArgumentType]
    scores = Scores(SIMILARITIES.create("cosine"), image.vectors, text.vectors)
    values = np.array([found.values()[item] for item in image.ids])
    evidence = {item: found.evidence(item) for item in found.items}
    context = Context(run.collection, judged, scores, suspicion=values, pair_evidence=evidence)
    causes = CAUSES.create("wrong_pair").find(context)
    named = {item: cause for item, cause in zip(image.ids, causes) if cause}
    assert len(set(named) & wrong) >= 0.7 * len(named) > 0
    for item, cause in named.items():
        assert set(cause.evidence) >= {"agrees_better_with", "percentile", "gap", "n"}
        assert all(cause.evidence["agrees_better_with"].values())
        assert cause.confidence == pytest.approx(found.values()[item])
    assert CAUSES.create("wrong_pair").find(Context(run.collection, judged, scores)) == [None] * SIZE
