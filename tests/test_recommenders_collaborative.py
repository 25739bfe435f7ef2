"""Collaborative and graph recommenders: closed forms, oracles, two camps of taste, cold items and bad input."""

import numpy as np
import pytest
from scipy import sparse

from mmalign_core.recommend import RECOMMENDERS, Interactions, PlacedItems, Query, Recommender
from mmalign_core.recommend.learning.alike import alike, content
from mmalign_core.recommend.learning.flow import Flow
from mmalign_core.recommend.learning.held_out_events import held_out_ndcg, hold_out, root_counts
from mmalign_core.recommend.learning.pairwise import Triples
from mmalign_core.recommend.methods.ease import symmetric_inverse
from mmalign_core.types import BadInput, Cancelled

COLLABORATIVE = ("als", "bpr", "ease", "freedom", "lightgcn", "rp3beta", "vbpr")
TRAINED = ("bpr", "freedom", "lightgcn", "vbpr")
CAMP = 8
"""Items of each camp; the last of each nobody has met."""


def events_of(matrix: np.ndarray, ratings: np.ndarray | None = None) -> Interactions:
    rows, columns = np.nonzero(matrix)
    given = np.full(len(rows), np.nan) if ratings is None else ratings[rows, columns].astype(float)
    users = tuple(f"u{u}" for u in range(len(matrix)))
    return Interactions(users, matrix.shape[1], rows, columns, given, np.full(len(rows), np.nan))


def random_events(seed: int = 0, users: int = 40, items: int = 12, density: float = 0.3) -> np.ndarray:
    """The last item is met by nobody."""
    matrix = np.random.default_rng(seed).random((users, items)) < density
    matrix[:, -1] = False
    return matrix.astype(float)


def places(items: int, **parts: np.ndarray) -> PlacedItems:
    return PlacedItems(tuple(f"i{n}" for n in range(items)), {m: x.astype(np.float32) for m, x in parts.items()})


def camps() -> tuple[PlacedItems, Interactions]:
    """Even users met most of the first camp's items, odd users of the second's; pictures and texts tell the camps."""
    rng = np.random.default_rng(1)
    matrix = np.zeros((60, 2 * CAMP))
    for user in range(60):
        start = CAMP * (user % 2)
        matrix[user, start : start + CAMP - 1] = rng.random(CAMP - 1) < 0.7
    side = np.repeat(np.eye(2), CAMP, axis=0)
    parts = {m: side @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(2 * CAMP, 6)) for m in ("text", "image")}
    return places(2 * CAMP, **parts), events_of(matrix)


def fitted(name: str, items: PlacedItems, events: Interactions | None, **params: object) -> Recommender:
    return RECOMMENDERS.create(name, **params).fit(items, events)


def of_history(model: Recommender, *items: int) -> np.ndarray:
    return model.score([Query(history=dict.fromkeys(items, 1.0))])[0]


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
    asked = [Query(history=dict.fromkeys(map(int, np.flatnonzero(row)), 1.0)) for row in met]
    np.testing.assert_allclose(model.score(asked), users @ oracle.item_factors.T, atol=1e-4)


def test_als_takes_a_negative_item_as_met_and_not_wanted() -> None:
    items, events = camps()
    model = fitted("als", items, events, factors=4)
    disliked = model.score([Query(history={0: 1.0, CAMP: -1.0})])[0]
    assert disliked[1:4].min() > 0 > disliked[CAMP + 1 : CAMP + 4].max()
    assert model.shares(Query(history={0: 1.0, CAMP: -1.0}), np.array([CAMP + 1]))[f"i{CAMP}"] < 0


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


def test_who_met_everything_teaches_nothing_and_is_served() -> None:
    everything = events_of(np.ones((3, 4)))
    for name in COLLABORATIVE:
        model = fitted(name, places(4, text=np.eye(4)), everything)
        assert np.isfinite(of_history(model, 0, 1, 2, 3)).all()


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


@pytest.mark.parametrize("name", COLLABORATIVE)
def test_a_new_user_is_recommended_their_camp(name: str) -> None:
    items, events = camps()
    scores = of_history(fitted(name, items, events), 0, 1)
    assert scores[2 : CAMP - 1].min() > scores[CAMP : 2 * CAMP - 1].max()


@pytest.mark.parametrize("name", COLLABORATIVE)
def test_a_user_is_what_they_met_and_no_more(name: str) -> None:
    items, events = camps()
    model, history = fitted(name, items, events), events.history(0)
    known, new = model.score([Query(history=history, user=0), Query(history=history)])
    np.testing.assert_array_equal(known, new)


@pytest.mark.parametrize("name", ["freedom", "vbpr"])
def test_an_item_nobody_met_is_known_by_what_it_holds(name: str) -> None:
    items, events = camps()
    model = fitted(name, items, events)
    cold = [CAMP - 1, 2 * CAMP - 1]
    first, second = of_history(model, 0, 1)[cold]
    assert first > second
    shares = model.shares(Query(history={0: 1.0}), np.array(cold), "modality")
    assert not shares["taste"].any() and shares["text"].any() and shares["image"].any()
    spoken = of_history(model, CAMP - 1)
    assert spoken[: CAMP - 1].mean() > spoken[CAMP:].mean()


@pytest.mark.parametrize("name", ["freedom", "vbpr"])
def test_a_modality_left_out_of_the_query_adds_nothing(name: str) -> None:
    items, events = camps()
    model, rows = fitted(name, items, events), np.arange(2 * CAMP)
    whole = Query(history={0: 1.0, 2: 1.0}, weights={"text": 0.5, "image": 0.5})
    shares, plain = (model.shares(q, rows) for q in (whole, Query(history=whole.history)))
    np.testing.assert_array_equal(shares["image"], plain["image"])
    left = whole.without_modality("image")
    assert not model.shares(left, rows)["image"].any()
    np.testing.assert_allclose(model.score([left])[0], model.score([whole])[0] - shares["image"], atol=1e-9)


@pytest.mark.parametrize("name", ["als", "bpr", "ease", "lightgcn", "rp3beta"])
def test_items_nobody_met_say_nothing_and_get_nothing(name: str) -> None:
    items, events = camps()
    model = fitted(name, items, events)
    assert of_history(model, 0)[CAMP - 1] == 0
    np.testing.assert_array_equal(of_history(model, CAMP - 1), model.score([Query()])[0])


@pytest.mark.parametrize("name", ["ease", "rp3beta"])
def test_a_share_is_what_leaving_the_item_out_takes_away(name: str) -> None:
    model = fitted(name, places(12), events_of(random_events()))
    asked, rows = Query(history={0: 1.0, 3: 2.0, 5: -1.0}), np.arange(12)
    taken = model.score([asked])[0] - model.score([asked.without_item(3)])[0]
    np.testing.assert_allclose(model.shares(asked, rows)["i3"], taken, atol=1e-9)


def test_alike_are_the_nearest_that_somebody_met() -> None:
    x = np.random.default_rng(0).normal(size=(20, 4))
    x[5] = 0
    met = np.arange(20) % 3 > 0
    centred = content("freedom", places(20, text=x))["text"]
    assert not centred[5].any()
    graph = alike(centred, met, 4).toarray()
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


@pytest.mark.parametrize("name", [*TRAINED, "als"])
def test_a_training_can_be_cancelled_at_its_first_word(name: str) -> None:
    def stop(fraction: float, message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        RECOMMENDERS.create(name).fit(*camps(), progress=stop)


@pytest.mark.parametrize("name", COLLABORATIVE)
def test_what_cannot_be_learned_from_is_named(name: str) -> None:
    items, events = camps()
    nothing = events.take(np.zeros(len(events), bool))
    for given in (None, nothing):
        with pytest.raises(BadInput, match="there are no interactions"):
            fitted(name, items, given)
    stars = events_of(random_events(), random_events() * 3)
    with pytest.raises(BadInput, match="the highest is 3"):
        fitted(name, places(12, text=np.eye(12)), stars, least_rating=4)
    with pytest.raises(BadInput, match="number 12 items and the run has 16"):
        fitted(name, items, stars)


def test_low_ratings_are_left_out_and_unrated_events_kept() -> None:
    met = random_events(7)
    stars = np.where(met > 0, np.random.default_rng(0).integers(1, 6, met.shape), 0).astype(float)
    liked = events_of((stars >= 4).astype(float))
    asked = [Query(history={h: 1.0}) for h in range(12)]
    by_rating = fitted("ease", places(12), events_of(met, stars), least_rating=4).score(asked)
    np.testing.assert_allclose(by_rating, fitted("ease", places(12), liked, least_rating=4).score(asked))


def test_more_than_fits_and_what_is_missing_is_said_before_work_starts() -> None:
    many = events_of(np.ones((1, 20_001)))
    for name in ("ease", "rp3beta"):
        with pytest.raises(BadInput, match=r"20001 were met .*choose als, bpr or lightgcn"):
            fitted(name, places(20_001), many)
    with pytest.raises(BadInput, match="have no rating"):
        fitted("ease", places(12), events_of(random_events()), ratings=True)
    for name in ("freedom", "vbpr"):
        with pytest.raises(BadInput, match="choose lightgcn"):
            fitted(name, places(12, text=np.zeros((12, 3))), events_of(random_events()))


def test_a_training_that_never_settles_says_so() -> None:
    with pytest.raises(BadInput, match="choose a smaller one"):
        fitted("bpr", *camps(), learning_rate=1.0, regularisation=10.0)


@pytest.mark.parametrize("name", COLLABORATIVE)
def test_the_ends_of_every_parameter_give_finite_scores_or_a_reason(name: str) -> None:
    declared = RECOMMENDERS.get(name).declared_params()
    for end in ("low", "high"):
        ends = {n: getattr(p, end) for n, p in declared.items() if p.low is not None and n != "least_rating"}
        ends |= {n: 3 for n in ("passes", "iterations") if n in ends}
        ends |= {"factors": min(64, ends["factors"])} if "factors" in ends else {}
        try:
            model = fitted(name, *camps(), **ends)
        except BadInput as error:
            assert "choose a smaller one" in str(error)
            continue
        assert np.isfinite(model.score([Query(history={0: 1.0, 3: -2.0}), Query()])).all()
