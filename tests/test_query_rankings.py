"""The table of judged queries, the candidates of each, and the plan of a repair, against what they are made of."""

import numpy as np
import pandas as pd
import pytest

from mmalign_core.store import Store
from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.workflow import (
    Choices,
    MarkKind,
    Run,
    add_mark,
    align,
    encode,
    find_errors,
    plan_repair,
    query_rankings,
    query_table,
    repair_run,
)


@pytest.fixture
def store(tmp_path) -> Store:  # type: ignore[no-untyped-def]
    return Store(tmp_path / "store")


def run_of(store: Store, **choices: object) -> Run:
    rng = np.random.default_rng(1)
    ids = tuple(f"i{n}" for n in range(60))
    image = rng.standard_normal((60, 5)).astype(np.float32)
    text = (image @ rng.standard_normal((5, 5)) + 0.8 * rng.standard_normal((60, 5))).astype(np.float32)
    sets = {
        name: EmbeddingSet(name, ids, tuple(f"{name}{n}" for n in range(60)), values, "given@1")
        for name, values in (("image", image), ("text", text))
    }
    collection = Collection("drawn", pd.DataFrame(index=list(ids)), (), vectors=sets)
    encoding = encode(collection, {}, store=store)
    return align(collection, encoding, Choices(aligner="ridge", **choices), store=store)  # type: ignore[arg-type]


@pytest.mark.parametrize("choices", [{}, {"test": 0.3}, {"test": 0.3, "correction": "csls"}])
def test_places_of_right_and_chosen_candidates_are_those_of_the_judgement(store: Store, choices: dict) -> None:
    run = run_of(store, **choices)
    errors = find_errors(run, store=store).directions["image->text"]
    known = query_rankings(run, errors.judgements)
    assert known.exact.all()
    for row in range(len(errors.judgements)):
        found = known.of(row, 100)
        assert len(found) == errors.judgements.n_candidates[row]
        right = next(one for one in found if one.right)
        assert right.place == errors.judgements.rank[row] and right.item == errors.judgements.queries.ids[row]
        assert right.score == pytest.approx(float(errors.judgements.right_score[row]), abs=1e-5)
        assert [one.place for one in found if one.chosen] == [1]
        few = known.of(row, 2)
        assert [one.place for one in few] == ([1, 2] if right.place <= 2 else [1, 2, right.place])


def test_scores_of_folds_are_not_called_exact(store: Store) -> None:
    run = run_of(store, folds=3)
    errors = find_errors(run, store=store).directions["image->text"]
    known = query_rankings(run, errors.judgements)
    assert not known.exact.any() and len(known.of(0, 100)) == 60


def test_the_table_holds_every_query_of_both_directions(store: Store) -> None:
    report = find_errors(run_of(store, test=0.3), store=store)
    table = query_table(report)
    assert len(table) == 120 and table["query"].is_unique and table["held_out"].sum() == 36
    way, row = table["direction"][70], int(table["row"][70])
    part = report.directions[way]
    assert table["item"][70] == part.judgements.queries.ids[row] and table["rank"][70] == part.judgements.rank[row]
    listed = report.table([(way, row), ("image->text", 3)])
    assert listed["id"].tolist() == [table["item"][70], report.directions["image->text"].judgements.queries.ids[3]]


@pytest.mark.parametrize("choices", [{"test": 0.3}, {}])
def test_a_plan_names_the_changes_that_the_repair_makes(store: Store, choices: dict) -> None:
    run = run_of(store, **choices)
    for item in ("i0", "i1", "i2", "i3", "i4", "i5"):
        add_mark(run.collection, store, MarkKind.WRONG_PAIR, item)
    plan, done = plan_repair(run, store=store), repair_run(run, store=store)
    assert plan.training == done.changes and plan.held_out == done.checked and plan.split == done.plan.held.words
    plan, done = plan_repair(run, store=store, suggested=4), repair_run(run, store=store, suggested=4)
    assert plan.training == done.changes and 0 < len(plan.training) <= 4
