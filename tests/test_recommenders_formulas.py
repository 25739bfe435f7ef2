"""Collaborative recommenders against closed forms, gradients and another implementation."""

import numpy as np
import pytest
from scipy import sparse

from mmalign_core.recommend import RECOMMENDERS, PlacedQuery
from mmalign_core.recommend.learning.graphs import Flow, content_features, nearest_item_graph
from mmalign_core.recommend.learning.held_out import held_out_ndcg, hold_out, root_counts
from mmalign_core.recommend.learning.pairwise import Triples
from mmalign_core.recommend.methods.ease import symmetric_inverse
from tests.camps import CAMP, camps, events_of, fitted, of_history, places, random_events


@pytest.mark.parametrize("rated", [False, True])
def test_ease_is_ridge_regression_of_each_item_on_the_others(rated: bool) -> None:
    met = random_events()
    stars = met * np.random.default_rng(1).integers(1, 6, met.shape)
    x, model = stars if rated else met, RECOMMENDERS.create("ease", regularisation=3.0, ratings=rated)
    model.fit(places(12), events_of(met, stars))
    scores = np.stack([of_history(model, h) for h in range(12)])
    for item in range(12):
        others = np.delete(np.arange(12), item)
        ridge = np.linalg.solve(x[:, others].T @ x[:, others] + 3 * np.eye(11), x[:, others].T @ x[:, item])
        np.testing.assert_allclose(scores[others, item], ridge, atol=1e-9)
        assert scores[item, item] == 0
    positive = fitted("ease", places(12), events_of(met, stars), regularisation=3.0, ratings=rated, positive=True)
    np.testing.assert_allclose(np.stack([of_history(positive, h) for h in range(12)]), np.maximum(scores, 0))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_inverse_is_whole_across_its_blocks(kind: type) -> None:
    x = np.random.default_rng(0).normal(size=(60, 1100))
    matrix = x.T @ x + 50 * np.eye(1100)
    inverse = symmetric_inverse(matrix.astype(kind))
    assert inverse.dtype == kind
    np.testing.assert_allclose(inverse, np.linalg.inv(matrix), atol=2e-6)
    np.testing.assert_array_equal(inverse, inverse.T)


def test_rp3beta_counts_walks() -> None:
    met = random_events(2)
    model = fitted("rp3beta", places(12), events_of(met), alpha=0.8, beta=0.4, neighbours=12)
    popular, met_by = met.sum(axis=0), met.sum(axis=1)
    for source, target in ((0, 1), (3, 7), (10, 2)):
        both = np.flatnonzero(met[:, source] * met[:, target])
        walks = sum((1 / popular[source]) ** 0.8 * (1 / met_by[user]) ** 0.8 for user in both)
        assert of_history(model, source)[target] == pytest.approx(walks / popular[target] ** 0.4)
    few = fitted("rp3beta", places(12), events_of(met), neighbours=3)
    assert all(np.count_nonzero(of_history(few, h)) == 3 for h in range(11))


def test_als_folds_a_user_in_as_implicit_does() -> None:
    from implicit.cpu.als import AlternatingLeastSquares

    met = random_events(3)
    model = fitted("als", places(12), events_of(met), factors=4, alpha=2.0, regularisation=0.5)
    oracle = AlternatingLeastSquares(4, 0.5, iterations=15, num_threads=1, random_state=0)
    confident = sparse.csr_matrix(3 * met)
    oracle.fit(confident, show_progress=False)
    users = oracle.recalculate_user(np.arange(40), confident)
    asked = [PlacedQuery(history=dict.fromkeys(map(int, np.flatnonzero(row)), 1.0)) for row in met]
    np.testing.assert_allclose(model.score(asked), users @ oracle.item_factors.T, atol=1e-4)


def test_als_takes_a_negative_item_as_met_and_not_wanted() -> None:
    items, events = camps()
    model = fitted("als", items, events, factors=4)
    disliked = model.score([PlacedQuery(history={0: 1.0, CAMP: -1.0})])[0]
    assert disliked[1:4].min() > 0 > disliked[CAMP + 1 : CAMP + 4].max()
    assert model.shares(PlacedQuery(history={0: 1.0, CAMP: -1.0}), np.array([CAMP + 1]))[f"i{CAMP}"] < 0


def test_a_bpr_step_follows_the_gradient_of_its_loss() -> None:
    import torch

    model = RECOMMENDERS.create("bpr", factors=3, learning_rate=0.1, regularisation=0.2)
    rng = np.random.default_rng(0)
    names = ("user_factors", "item_factors", "item_biases")
    start = [rng.normal(size=shape) for shape in ((2, 3), (4, 3), (4,))]
    vars(model).update({name: x.copy() for name, x in zip(names, start)})
    model._step(np.array([1]), np.array([2]), np.array([0]))  # type: ignore[attr-defined]
    x, y, b = leaves = [torch.tensor(value, requires_grad=True) for value in start]
    loss = -torch.nn.functional.logsigmoid(b[2] - b[0] + x[1] @ (y[2] - y[0]))
    (loss + 0.1 * (x[1].square().sum() + y[[0, 2]].square().sum() + b[[0, 2]].square().sum())).backward()
    for name, leaf in zip(names, leaves):
        assert leaf.grad is not None
        np.testing.assert_allclose(getattr(model, name), (leaf - 0.1 * leaf.grad).detach().numpy(), atol=1e-12)


@pytest.mark.parametrize("negatives", ["uniform", "popular"])
def test_triples_are_of_a_met_and_an_unmet_item(negatives: str) -> None:
    met = random_events(4)
    met[0, :-1] = 1
    triples = Triples(events_of(met).matrix, negatives, seed=1)
    drawn = [np.concatenate(column) for column in zip(*(batch for _ in range(50) for batch in triples.batches(100)))]
    users, chosen, others = drawn
    assert met[users, chosen].all() and not met[users, others].any()
    assert 0 not in users and 11 not in others
    pairs = set(zip(users.tolist(), chosen.tolist()))
    assert pairs == {(u, i) for u, i in zip(*map(np.ndarray.tolist, np.nonzero(met))) if u}


def test_flow_is_the_normalised_graph_walked_there_and_back() -> None:
    import torch

    met = random_events(5)
    scaled = met / np.sqrt(met.sum(axis=1, keepdims=True)) / np.sqrt(np.maximum(met.sum(axis=0), 1))
    walk, factors = scaled.T @ scaled, np.random.default_rng(0).normal(size=(12, 3))
    factors[-1] = 7
    expected = (np.eye(12) + walk + walk @ walk) @ factors / 3
    expected[-1] = 0
    start = torch.tensor(factors, dtype=torch.float32, requires_grad=True)
    found = Flow(events_of(met).matrix, 2)(start)
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=1e-5)
    found[3, 0].backward()
    known = np.r_[np.ones(11), 0]
    assert start.grad is not None
    np.testing.assert_allclose(start.grad[:, 0].numpy(), known * (np.eye(12) + walk + walk @ walk)[3] / 3, atol=1e-5)


def test_alike_are_the_nearest_that_somebody_met() -> None:
    x = np.random.default_rng(0).normal(size=(20, 4))
    x[5] = 0
    met = np.arange(20) % 3 > 0
    centred = content_features("freedom", places(20, text=x))["text"]
    assert not centred[5].any()
    graph = nearest_item_graph(centred, met, 4).toarray()
    for item in range(20):
        able = [j for j in np.flatnonzero(met) if j not in (item, 5)]
        nearest = sorted(able, key=lambda j: -float(centred[item] @ centred[j]))[:4] if item != 5 else []
        assert set(np.flatnonzero(graph[item])) == set(nearest)
        assert graph[item].sum() == pytest.approx(0 if item == 5 else 1)


def test_held_out_events_leave_every_item_and_their_ndcg_is_the_definition() -> None:
    met = random_events(6)
    kept, held = hold_out(events_of(met).matrix, seed=0)
    np.testing.assert_array_equal(kept.toarray() + held.toarray(), met)
    assert held.nnz >= 10 and (kept.sum(axis=0)[:-1] > 0).all()
    rng = np.random.default_rng(0)
    own, bias = rng.normal(size=(12, 3)).astype(np.float32), rng.normal(size=12).astype(np.float32)
    import torch

    found = held_out_ndcg(tuple(map(torch.from_numpy, (own, own, bias))), kept, held)  # type: ignore[arg-type]
    each = []
    for user in np.flatnonzero(held.sum(axis=1)):
        seen, right = kept.toarray()[user] > 0, np.flatnonzero(held.toarray()[user])
        scores = root_counts(kept)[user] * (own[seen].sum(axis=0) @ own.T) + bias
        ranked = [i for i in np.argsort(-scores) if not seen[i] and i != 11][:10]
        gain = sum(1 / np.log2(place + 2) for place, item in enumerate(ranked) if item in right)
        each.append(gain / sum(1 / np.log2(place + 2) for place in range(min(10, len(right)))))
    assert found == pytest.approx(float(np.mean(each)), abs=1e-6)
