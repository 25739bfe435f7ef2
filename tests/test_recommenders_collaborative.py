"""What all collaborative and graph recommenders keep: two camps of taste, cold items, ends of parameters, bad input."""

import numpy as np
import pytest

from mmalign_core.recommend import RECOMMENDERS, PlacedQuery
from mmalign_core.types import BadInput, Cancelled
from tests.camps import CAMP, camps, events_of, fitted, of_history, places, random_events

COLLABORATIVE = ("als", "bpr", "ease", "freedom", "lightgcn", "rp3beta", "vbpr")


TRAINED = ("bpr", "freedom", "lightgcn", "vbpr")


@pytest.mark.parametrize("name", COLLABORATIVE)
def test_a_new_user_is_recommended_their_camp(name: str) -> None:
    items, events = camps()
    scores = of_history(fitted(name, items, events), 0, 1)
    assert scores[2 : CAMP - 1].min() > scores[CAMP : 2 * CAMP - 1].max()


@pytest.mark.parametrize("name", COLLABORATIVE)
def test_a_user_is_what_they_met_and_no_more(name: str) -> None:
    items, events = camps()
    model, history = fitted(name, items, events), events.history(0)
    known, new = model.score([PlacedQuery(history=history, user=0), PlacedQuery(history=history)])
    np.testing.assert_array_equal(known, new)


@pytest.mark.parametrize("name", ["freedom", "vbpr"])
def test_an_item_nobody_met_is_known_by_what_it_holds(name: str) -> None:
    items, events = camps()
    model = fitted(name, items, events)
    cold = [CAMP - 1, 2 * CAMP - 1]
    first, second = of_history(model, 0, 1)[cold]
    assert first > second
    shares = model.shares(PlacedQuery(history={0: 1.0}), np.array(cold), "modality")
    assert not shares["taste"].any() and shares["text"].any() and shares["image"].any()
    spoken = of_history(model, CAMP - 1)
    assert spoken[: CAMP - 1].mean() > spoken[CAMP:].mean()


@pytest.mark.parametrize("name", ["freedom", "vbpr"])
def test_a_modality_left_out_of_the_query_adds_nothing(name: str) -> None:
    items, events = camps()
    model, rows = fitted(name, items, events), np.arange(2 * CAMP)
    whole = PlacedQuery(history={0: 1.0, 2: 1.0}, weights={"text": 0.5, "image": 0.5})
    shares, plain = (model.shares(q, rows) for q in (whole, PlacedQuery(history=whole.history)))
    np.testing.assert_array_equal(shares["image"], plain["image"])
    left = whole.without_modality("image")
    assert not model.shares(left, rows)["image"].any()
    np.testing.assert_allclose(model.score([left])[0], model.score([whole])[0] - shares["image"], atol=1e-9)


@pytest.mark.parametrize("name", ["als", "bpr", "ease", "lightgcn", "rp3beta"])
def test_items_nobody_met_say_nothing_and_get_nothing(name: str) -> None:
    items, events = camps()
    model = fitted(name, items, events)
    assert of_history(model, 0)[CAMP - 1] == 0
    np.testing.assert_array_equal(of_history(model, CAMP - 1), model.score([PlacedQuery()])[0])


@pytest.mark.parametrize("name", ["ease", "rp3beta"])
def test_a_share_is_what_leaving_the_item_out_takes_away(name: str) -> None:
    model = fitted(name, places(12), events_of(random_events()))
    asked, rows = PlacedQuery(history={0: 1.0, 3: 2.0, 5: -1.0}), np.arange(12)
    taken = model.score([asked])[0] - model.score([asked.without_item(3)])[0]
    np.testing.assert_allclose(model.shares(asked, rows)["i3"], taken, atol=1e-9)


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
        with pytest.raises(BadInput, match="there are none with these items"):
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
    asked = [PlacedQuery(history={h: 1.0}) for h in range(12)]
    by_rating = fitted("ease", places(12), events_of(met, stars), least_rating=4).score(asked)
    np.testing.assert_allclose(by_rating, fitted("ease", places(12), liked, least_rating=4).score(asked))


def test_more_than_fits_and_what_is_missing_is_said_before_work_starts() -> None:
    many = events_of(np.ones((1, 20_001)))
    for name in ("ease", "rp3beta"):
        with pytest.raises(BadInput, match=r"20001 have interactions .*choose als, bpr or lightgcn"):
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
        assert np.isfinite(model.score([PlacedQuery(history={0: 1.0, 3: -2.0}), PlacedQuery()])).all()


def test_who_met_everything_teaches_nothing_and_is_served() -> None:
    everything = events_of(np.ones((3, 4)))
    for name in COLLABORATIVE:
        model = fitted(name, places(4, text=np.eye(4)), everything)
        assert np.isfinite(of_history(model, 0, 1, 2, 3)).all()
