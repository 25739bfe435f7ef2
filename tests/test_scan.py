"""The pass over many scores: equal to the measurement of few scores, stopped with a result, sampled where asked."""

import json
from collections.abc import Callable
from dataclasses import replace

import faiss
import numpy as np
import pytest

from mmalign_core.jobs import Job
from mmalign_core.metrics import questions
from mmalign_core.metrics.hubs import hubs_of
from mmalign_core.metrics.ranking import measure_direction, measure_pair
from mmalign_core.metrics.report import evaluation
from mmalign_core.progress import pulse, pulsing, remaining, spoken
from mmalign_core.scoring import scan
from mmalign_core.scoring.corrections import CORRECTIONS, Scores, bank
from mmalign_core.scoring.decision import Scoring
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.neighbours import top_k
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.triage.judgements import COLUMNS, judgements_of
from mmalign_core.types import Cancelled, EmbeddingSet


def scoring(similarity: str = "cosine", correction: str = "none", matcher: str = "argmax", **more) -> Scoring:
    made = SIMILARITIES.create(similarity), CORRECTIONS.create(correction), MATCHERS.create(matcher)
    return Scoring(*made, **more)


def two_sets(kind: str, n: int = 230, width: int = 12) -> tuple[EmbeddingSet, EmbeddingSet]:
    """Pictures and captions. `kind`: "captions" (two each, some of one content, some items without a picture),
    "rounded" (few different vectors, so that many scores tie), or "plain"."""
    rng = np.random.default_rng(len(kind))
    x = rng.standard_normal((n, width))
    y = x + 1.5 * rng.standard_normal((n, width))
    ids, keys = [f"i{i}" for i in range(n)], [f"t{i}" for i in range(n)]
    pictures = np.arange(n)
    if kind == "rounded":
        x, y = np.round(x / 2), np.round(y / 2)
    if kind == "captions":
        y, ids, keys = np.repeat(y, 2, axis=0), [i for i in ids for _ in (0, 1)], [f"t{i}" for i in range(2 * n)]
        y = y + 0.2 * rng.standard_normal(y.shape)
        for a, b in rng.integers(0, 2 * n, (60, 2)):
            y[a], keys[a] = y[b], keys[b]
        pictures = rng.permutation(n)[: n - 40]
    a = EmbeddingSet("image", tuple(f"i{i}" for i in pictures), tuple(f"p{i}" for i in pictures), x[pictures], "t@1")
    return a, EmbeddingSet("text", tuple(ids), tuple(keys), y, "t@1")


def compiled_pass(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Return a function that says whether the compiled pass is taken, in many small blocks, for these few scores."""
    monkeypatch.setattr(scan, "ROWS", 48)
    monkeypatch.setattr(scan, "COLUMNS", 70)
    monkeypatch.setattr(questions, "MOST_RIGHT", 1.0)

    def choose(taken: bool) -> None:
        monkeypatch.setattr(questions, "FEWEST_SCANNED", 0 if taken else 10**9)

    return choose


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    return compiled_pass(monkeypatch)


@pytest.mark.parametrize("kind", ["plain", "captions", "rounded"])
@pytest.mark.parametrize(
    ("similarity", "correction", "matcher"),
    [
        ("cosine", "none", "argmax"),
        ("dot", "none", "threshold"),
        ("euclidean", "none", "argmax"),
        ("cosine", "none", "mutual"),
        ("cosine", "csls", "argmax"),
        ("dot", "nnn", "mutual"),
    ],
)
def test_the_pass_gives_the_report_of_the_blocks(
    kind: str, similarity: str, correction: str, matcher: str, compiled: Callable[[bool], None]
) -> None:
    a, b = two_sets(kind)
    found = []
    for taken in (False, True):
        compiled(taken)
        found.append(evaluation([{"image": a, "text": b}], ("image", "text"), scoring(similarity, correction, matcher)))
    blocks, passed = (one.report() for one in found)
    assert json.dumps(passed) == json.dumps(blocks)


def test_one_pass_serves_both_directions_and_hubs(compiled: Callable[[bool], None], monkeypatch) -> None:
    compiled(True)
    a, b = two_sets("captions")
    seen: list[tuple[int, int]] = []
    block = scan.Blocks.block
    monkeypatch.setattr(
        scan.Blocks, "block", lambda self, x, columns: seen.append((len(x), columns.stop - columns.start))
        or block(self, x, columns),
    )  # fmt: skip
    both = measure_pair(a, b, scoring(), hubs=True)
    assert sum(r * c for r, c in seen) == len(a) * len(b), "each score is computed once"
    for one, (x, y) in zip(both, ((a, b), (b, a))):
        assert one.hubs == hubs_of(x, y, scoring())


@pytest.mark.parametrize("correction", ["csls", "dual-softmax", "nnn"])
@pytest.mark.parametrize("kind", ["plain", "captions"])
def test_a_correction_is_measured_both_ways_in_one_pass(kind: str, correction: str, compiled, monkeypatch) -> None:
    a, b = two_sets(kind)
    a = a.take(np.arange(len(a)))
    b = b.of_items(a.ids)
    whole = [evaluation([{"image": a, "text": b}], ("image", "text"), scoring("cosine", correction)).report()]
    compiled(True)
    monkeypatch.setattr(bank, "FEWEST_SCANNED", 0)
    seen: list[int] = []
    block = scan.Blocks.block
    monkeypatch.setattr(
        scan.Blocks, "block", lambda self, x, columns: seen.append(len(x) * (columns.stop - columns.start))
        or block(self, x, columns),
    )  # fmt: skip
    whole.append(evaluation([{"image": a, "text": b}], ("image", "text"), scoring("cosine", correction)).report())
    assert json.dumps(whole[0]) == json.dumps(whole[1])
    near = kind == "plain" and correction in ("csls", "nnn")  # captions have copies: faiss finds what is near
    passes = 2 if near else 1
    assert sum(seen) == passes * len(a) * len(b)


@pytest.mark.parametrize("suggested", [False, True])
def test_a_threshold_costs_no_pass_of_its_own(suggested: bool, compiled, monkeypatch) -> None:
    a, b = two_sets("plain")
    own = [Scoring(*vars(scoring()).values()) for _ in range(2)]
    matchers = [MATCHERS.create("threshold", threshold=t) for t in (0.75, 0.85 if suggested else 0.75)]
    first, back = (replace(one, matcher=matcher) for one, matcher in zip(own, matchers))
    compiled(False)
    expected = [one.direction.outcome for one in measure_pair(a, b, first, back=back)]
    compiled(True)
    monkeypatch.setattr(faiss, "knn", lambda *args, **more: pytest.fail("it was searched"))
    for one, other in zip(measure_pair(a, b, first, back=back), expected):
        np.testing.assert_array_equal(one.direction.outcome.correct, other.correct)
        assert 0 < other.correct.sum() < (other.ranks == 1).sum()


def test_a_score_near_the_threshold_is_decided_by_the_exact_search(compiled) -> None:
    a, b = two_sets("plain")
    best = scoring().scores(a, b).top_k(1)[0].ravel()
    for threshold in np.sort(best)[[50, 120, 200]].tolist():
        found = []
        for taken in (False, True):
            compiled(taken)
            own = replace(scoring(), matcher=MATCHERS.create("threshold", threshold=threshold))
            found.append(measure_direction(a, b, own).outcome.correct)
        np.testing.assert_array_equal(*found)


def test_a_stopped_pass_says_what_it_found_with_its_n(compiled: Callable[[bool], None]) -> None:
    compiled(True)
    a, b = two_sets("plain")

    def work(job: Job[None]) -> None:
        def progress(fraction: float, message: str) -> None:
            if fraction > 0.5:
                job.cancel()
            job.progress(fraction, message)

        measure_pair(a, b, scoring(), progress=progress)

    job = Job("measure", work)
    job.run()
    assert job.status == "cancelled"
    assert "by then image->text: recall@1 0." in job.found and "over a random 96 of 230 queries" in job.found


def test_a_long_search_can_be_cancelled_between_blocks() -> None:
    rows = np.ones((5000, 2), np.float32)

    def stop(fraction: float, message: str) -> None:
        raise Cancelled(message)

    with pytest.raises(Cancelled, match="measuring"), pulsing(stop, 0.5, "measuring"):
        top_k(rows, rows[:3], 1)
    pulse()  # outside the block nothing listens


@pytest.mark.parametrize("matcher", ["argmax", "threshold", "mutual", "hungarian"])
def test_judgements_from_the_pass_are_those_from_blocks(matcher: str, compiled: Callable[[bool], None]) -> None:
    a, b = two_sets("captions")
    a = a.take(questions.questions(a, b, scoring(), None).rows)
    scores, found = scoring().scores(a, b), []
    matches = MATCHERS.create(matcher, **({"threshold": 0.6} if matcher == "threshold" else {})).match(scores)
    for taken in (False, True):
        compiled(taken)
        found.append(judgements_of(("image", "text"), a, b, scores, matches))
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(found[0], name), getattr(found[1], name))
    assert 0 < found[0].correct.sum() < len(a)


def test_right_scores_are_those_of_the_blocks() -> None:
    rng = np.random.default_rng(1)
    x, y = (rng.standard_normal((700, 600)).astype(np.float32) for _ in range(2))
    rows, columns = rng.integers(0, 700, (2, 1500))
    for name in SIMILARITIES.names():
        blocks = scan.Blocks(Scores(SIMILARITIES.create(name), x, y))
        whole = blocks.block(blocks.sources, slice(0, 700))
        np.testing.assert_array_equal(blocks.of_pairs(rows, columns), whole[rows, columns])


def test_the_remaining_time_is_named_once_it_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now, said = [0.0], []
    monkeypatch.setattr("mmalign_core.progress.time.monotonic", lambda: now[0])
    report = remaining(lambda fraction, message: said.append(message))
    for seconds, fraction in ((1.0, 0.1), (100.0, 0.25), (200.0, 1.0)):
        now[0] = seconds
        report(fraction, "measuring")
    assert said == ["measuring", "measuring, about 5 min left", "measuring"]
    assert [spoken(s) for s in (0.2, 42.4, 150, 7200, 40000)] == ["1 s", "42 s", "2 min", "2 h", "11 h"]
