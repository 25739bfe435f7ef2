"""Bootstrap intervals, the shape of the space, and the whole report, on known CLIP numbers too."""

import json
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.metrics.bootstrap import bootstrap_intervals
from mmalign_core.metrics.hubs import occurrences, skewness
from mmalign_core.metrics.report import at_chance, evaluation
from mmalign_core.metrics.retrieval import Outcome
from mmalign_core.metrics.space import alignment, modality_gap, uniformity
from mmalign_core.scoring.corrections import CORRECTIONS, Scores
from mmalign_core.scoring.decision import Scoring
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.types import BadInput, EmbeddingSet

PARTS = SIMILARITIES.create("cosine"), CORRECTIONS.create("none"), MATCHERS.create("argmax")


def outcome_of(n: int, seed: int) -> Outcome:
    ranks = np.random.default_rng(seed).geometric(0.2, n)
    return Outcome(ranks, ranks == 1)


def rows(modality: str, vectors: np.ndarray) -> EmbeddingSet:
    ids = tuple(f"{i:04d}" for i in range(len(vectors)))
    return EmbeddingSet(modality, ids, ids, vectors, "toy@1")


def test_intervals_cover_the_metric_repeat_under_a_seed_and_shrink_with_n() -> None:
    widths = []
    for n in (100, 2000):
        outcome, items = outcome_of(n, 3), tuple(map(str, range(n)))
        found = bootstrap_intervals(outcome, items, seed=1)
        assert found == bootstrap_intervals(outcome, items, seed=1) != bootstrap_intervals(outcome, items, seed=2)
        assert all(low <= outcome.metrics()[name] <= high for name, (low, high) in found.items())
        widths.append(found["recall@5"][1] - found["recall@5"][0])
    assert widths[0] > 3 * widths[1]


def test_the_interval_of_a_mean_is_the_one_theory_gives() -> None:
    outcome = outcome_of(2000, 4)
    low, high = bootstrap_intervals(outcome, tuple(map(str, range(2000))))["recall@1"]
    p = outcome.metrics()["recall@1"]
    assert high - low == pytest.approx(2 * 1.96 * (p * (1 - p) / 2000) ** 0.5, rel=0.12)


def test_queries_of_one_item_are_drawn_together() -> None:
    ranks = np.repeat(np.random.default_rng(5).geometric(0.2, 100), 5)
    outcome = Outcome(ranks, ranks == 1)
    apart = bootstrap_intervals(outcome, tuple(map(str, range(500))))["recall@1"]
    together = bootstrap_intervals(outcome, tuple(str(i // 5) for i in range(500)))["recall@1"]
    assert together[1] - together[0] > 1.7 * (apart[1] - apart[0])


def test_medians_of_resamples_are_medians(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome, items = outcome_of(51, 6), tuple(map(str, range(51)))
    whole = bootstrap_intervals(outcome, items, resamples=200)
    monkeypatch.setattr("mmalign_core.metrics.bootstrap.DRAWS_AT_ONCE", 51 * 7)
    assert bootstrap_intervals(outcome, items, resamples=200) == whole
    drawn = np.random.default_rng(0).integers(0, 51, (200, 51), dtype=np.int32)
    assert whole["median_rank"] == np.percentile(np.median(outcome.ranks[drawn], axis=1), [2.5, 97.5]).tolist()


def test_space_measures_on_spaces_where_they_are_known() -> None:
    x = np.random.default_rng(0).standard_normal((500, 32))
    same, opposite = rows("image", x), rows("text", -x)
    assert modality_gap(x, 7 * x) == pytest.approx(0, abs=1e-6)
    assert modality_gap(np.ones((3, 4)), -np.ones((5, 4))) == pytest.approx(2)
    assert alignment(same, same) == 0 and alignment(same, opposite) == pytest.approx(4, rel=1e-5)
    assert uniformity(rows("image", np.ones((9, 4)))) == pytest.approx(0, abs=1e-5)
    assert uniformity(same) == pytest.approx(-4 + 8 / 32, abs=0.05)
    assert uniformity(same, sample=100) == uniformity(same, sample=100)
    assert alignment(same, rows("text", x).of_items(("none",))) == 0


def test_a_hub_shows_as_skewness() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((400, 3)), rng.standard_normal((400, 3))
    even = skewness(occurrences(Scores(PARTS[0], x, y)))
    aside, centre = np.array([4, 0, 0]), np.array([1, 0, 0])
    hubs = np.concatenate([y[:-12], rng.normal(centre, 0.1, (12, 3))])
    crowded = skewness(occurrences(Scores(PARTS[0], x + aside, hubs)))
    assert crowded > even + 2
    assert skewness(occurrences(Scores(PARTS[0], x, y[:10]))) == 0


def test_the_report_is_json_with_the_promised_keys() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 8))
    space = {"image": rows("image", x), "text": rows("text", x + rng.standard_normal((60, 8)))}
    report = json.loads(json.dumps(evaluation([space], ("image", "text"), Scoring(*PARTS)).report()))
    assert set(report) == {"metrics", "ci95", "baseline", "space"}
    for way in ("image->text", "text->image"):
        wanted = {"accuracy", "recall@1", "recall@5", "recall@10", "mrr", "median_rank", "n", "candidates"}
        assert wanted <= set(report["metrics"][way]) == set(report["baseline"][way])
        assert report["metrics"][way]["n"] == report["metrics"][way]["candidates"] == 60
        assert report["baseline"][way]["recall@1"] < 0.2 < report["metrics"][way]["recall@1"]
        assert report["metrics"][way]["accuracy"] == report["metrics"][way]["recall@1"]
    assert {"gap", "hubness", "alignment", "uniformity"} <= set(report["space"])
    assert report["space"]["hubness"] == max(report["space"]["hubness_by_direction"].values())
    with pytest.raises(BadInput, match="no audio"):
        evaluation([space], ("image", "audio"), Scoring(*PARTS)).report()


def test_folds_pool_their_queries() -> None:
    spaces = [{m: rows(m, np.eye(n)) for m in ("image", "text")} for n in (4, 6)]
    found = evaluation(spaces, ("image", "text"), Scoring(*PARTS)).report()["metrics"]["image->text"]
    assert (found["n"], found["candidates"], found["recall@1"]) == (10, 5, 1.0)


def test_clip_retrieves_what_is_known_of_it(shared_data: Path) -> None:
    vectors = np.load(shared_data / "clip_embeddings_coco500" / "features_clip.npy")
    space = {"image": rows("image", vectors[0]), "text": rows("text", vectors[1])}
    report = evaluation([space], ("image", "text"), Scoring(*PARTS)).report()
    for way, known in (("image->text", (0.552, 0.808, 0.892)), ("text->image", (0.506, 0.766, 0.862))):
        assert tuple(round(report["metrics"][way][f"recall@{k}"], 6) for k in (1, 5, 10)) == known
    assert round(report["space"]["gap"], 3) == 0.851


def test_a_space_at_chance_is_called_so_in_the_direction_it_is() -> None:
    """Of random spaces about 97 in 100 are called so: 95% intervals, one side of which counts."""
    rng = np.random.default_rng(0)
    named = 0
    for seed in range(20):
        space = {m: rows(m, rng.normal(size=(60, 8)).astype(np.float32)) for m in ("image", "text")}
        named += len(at_chance(evaluation([space], ("image", "text"), Scoring(*PARTS, seed=seed)).report()))
    assert named >= 34
    near = space["image"].vectors + 0.5 * rng.normal(size=(60, 8)).astype(np.float32)
    found = evaluation([{**space, "text": rows("text", near)}], ("image", "text"), Scoring(*PARTS)).report()
    assert at_chance(found) == ()
    found["baseline"]["text->image"]["mrr"] = found["metrics"]["text->image"]["mrr"]
    assert at_chance(found) == ("text->image",) and at_chance({"ci95": {"a->b": {}}, "baseline": {}}) == ()
