"""What a language model's order adds to scores: bounded, a share of its own, and nothing when it fails."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.data.titles import item_titles
from mmalign_core.recommend.controls import LANGUAGE, language_part, order_evidence
from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow import Answer, QueryPart, QuerySpec, Run, answer
from mmalign_core.workflow.recommendation.reranking import rerank
from tests.scripted_model import Scripted


def test_likelihoods_move_items_and_their_part_is_a_share(demo_run: Run, of_user: Answer) -> None:
    titles = dict(item_titles(demo_run.collection))
    last = of_user.again(k=50).results[49].id
    titles[last] = "this one"
    moved = rerank(of_user, Scripted("", likely="this one"), titles=titles, weight=2.0)
    assert not moved.note and moved.answer.results[0].id == last and len(moved.answer.results) == 5
    for rank, item in enumerate(moved.answer.results, 1):
        assert item.rank == rank and LANGUAGE in item.contributions
        assert sum(item.contributions.values()) == pytest.approx(item.score, abs=1e-9)
    still = rerank(of_user, Scripted("", likely="this one"), titles=titles, weight=0.0)
    assert [r.id for r in still.answer.results] == [r.id for r in of_user.results]


def test_an_order_is_taken_when_it_names_items_and_only_them(of_user: Answer) -> None:
    titles = {item: item for item in of_user.items.ids}
    moved = rerank(of_user, Scripted("5, 4, 3, 2, 1"), 5, titles=titles, weight=9.0)
    assert [r.id for r in moved.answer.results] == [r.id for r in reversed(of_user.results)] and not moved.note
    for said in ("1, 2, 99", "1, 1", "Here you go: 2, 1", "", "two, one", "0, 1", "1" * 3000):
        kept = rerank(of_user, Scripted(said), 5, titles=titles)
        assert kept.answer is of_user and "recommender's own" in kept.note, said


def test_reranking_goes_on_without_a_server_and_says_what_it_cannot_read(
    demo_run: Run, store: Store, of_user: Answer
) -> None:
    kept = rerank(of_user, Scripted(BadInput("it refused")), titles={})
    assert kept.answer is of_user and "it refused" in kept.note
    picture = demo_run.collection.media_of("image")[0].path
    unread = rerank(answer(demo_run, QuerySpec.of(image=picture), store=store), Scripted("1"), titles={})
    assert "the query has none" in unread.note
    against = QuerySpec((QueryPart("text", "a dog"), QueryPart("item", of_user.results[0].id, -1.0)))
    model = Scripted("1")
    rerank(answer(demo_run, against, store=store), model, titles={of_user.results[0].id: "unwanted"})
    assert '"a dog"' in model.asked[0] and "unwanted" not in model.asked[0].split("Items:")[0]
    for weight in (-1.0, float("nan"), float("inf")):
        with pytest.raises(BadInput, match="weight"):
            rerank(of_user, model, titles={}, weight=weight)


def test_the_latest_items_are_read_first(of_user: Answer) -> None:
    events = of_user.interactions
    assert events is not None
    user = of_user.placed.user if of_user.placed.user is not None else int(events.rows[0])
    times = np.arange(len(events), dtype=float)
    dated = replace(events, times=times)
    timed = replace(
        of_user, fitted=replace(of_user.fitted, interactions=dated), placed=replace(of_user.placed, user=user)
    )
    model = Scripted("1")
    rerank(timed, model, titles={item: f"title {item}" for item in timed.items.ids})
    own = np.flatnonzero(dated.rows == user)
    latest = f'"title {timed.items.ids[int(dated.columns[own[-1]])]}"'
    assert model.asked[0].startswith(f"Liked: [{latest}")


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30), st.floats(0, 5), st.integers(0, 99))
def test_what_it_adds_is_bounded_by_the_spread_and_sums_to_nothing(
    scores: list[float], weight: float, seed: int
) -> None:
    evidence = np.random.default_rng(seed).normal(size=len(scores))
    part = language_part(np.array(scores), evidence, weight)
    assert np.isfinite(part).all() and part.sum() == pytest.approx(0, abs=1e-6 * (1 + np.abs(part).max()))
    assert np.abs(part).max() <= weight * np.std(scores) * len(scores) ** 0.5 + 1e-9
    assert not language_part(np.array(scores), np.ones(len(scores)), weight).any()


@given(st.permutations(list(range(1, 9))), st.integers(1, 8))
def test_an_order_is_evidence(order: list[int], named: int) -> None:
    evidence = order_evidence(", ".join(map(str, order[:named])), 8)
    assert isinstance(evidence, np.ndarray)
    left = sorted(set(range(1, 9)) - set(order[:named]))
    assert [int(n) + 1 for n in np.argsort(-evidence)] == [*order[:named], *left]
