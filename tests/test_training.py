"""The training loop, its losses, seeded weights and the validation split."""

import math

import numpy as np
import pytest
import torch

from mmalign_core.aligners.pairs import Pairs
from mmalign_core.aligners.training import (
    Contrast,
    Plan,
    add_noise,
    apply_dropout,
    arrays_of,
    hold_out,
    info_nce,
    load_arrays,
    mean_reciprocal_rank,
    seed_weights,
    seeded_generator,
    sigmoid_loss,
    train,
)
from mmalign_core.types import Cancelled

ONE = torch.tensor(1.0)


def pairs(groups: list[int]) -> Pairs:
    rows = np.arange(len(groups))
    return Pairs({"image": rows, "text": rows}, tuple(f"{i:04d}" for i in rows), np.array(groups))


def fit_line(plan: Plan, **more: object) -> tuple[torch.Tensor, object]:
    """Least squares of y = 3 x by the loop: the weight found, and what the loop said."""
    x = torch.linspace(-1, 1, 50)
    weight = torch.zeros((), requires_grad=True)
    said = train([weight], lambda rows, _: ((weight * x[rows] - 3 * x[rows]) ** 2).mean(), 50, plan, **more)
    return weight.detach(), said


def test_the_loop_finds_the_least_squares_answer() -> None:
    weight, said = fit_line(Plan(steps=400, batch=20, learning_rate=0.1))
    assert weight == pytest.approx(3, abs=1e-3)
    assert said.step == said.steps == 400 and said.validation is None


def test_a_seed_repeats_the_training_and_another_does_not() -> None:
    first, again, other = (float(fit_line(Plan(steps=5, batch=5), seed=s)[0]) for s in (1, 1, 2))
    assert first == again != other


def test_it_stops_early_and_gives_back_the_best_weights() -> None:
    weight = torch.zeros((), requires_grad=True)
    plan = Plan(steps=500, learning_rate=0.05, patience=3, check_every=5)
    said = train(
        [weight], lambda rows, _: (weight - 4) ** 2, 10, plan, validate=lambda: -abs(float(weight.detach()) - 1)
    )
    assert said.steps < 100 and said.step == said.steps - 3 * 5
    assert said.validation == pytest.approx(-abs(float(weight.detach()) - 1))


def test_a_good_start_is_never_made_worse() -> None:
    weight = torch.ones((), requires_grad=True)
    plan = Plan(steps=50, learning_rate=0.1, check_every=5)
    said = train([weight], lambda rows, _: weight**2, 10, plan, validate=lambda: float(weight.detach()))
    assert said.step == 0 and float(weight.detach()) == 1


def test_progress_rows_and_sentences_and_cancel() -> None:
    rows, shown = [], []
    plan = Plan(steps=60, check_every=20)
    fit_line(
        plan,
        validate=lambda: 0.5,
        record=lambda **v: rows.append(v),
        progress=lambda done, what: shown.append((done, what)),
    )
    assert [r["step"] for r in rows] == [20, 40, 60] and set(rows[0]) == {"step", "loss", "validation"}
    assert [done for done, _ in shown] == pytest.approx(np.arange(1, 61) / 60)
    assert shown[19][1].startswith("step 20 of 60, loss ") and "validation" not in shown[18][1]
    assert all(what.endswith("validation MRR 0.500") for _, what in shown[19:])

    def cancel(done: float, what: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        fit_line(plan, progress=cancel)


def test_each_example_is_drawn_about_equally_often() -> None:
    drawn = []

    def seen(rows: np.ndarray, generator: torch.Generator) -> torch.Tensor:
        drawn.append(rows)
        return torch.zeros((), requires_grad=True) * 1.0

    train([torch.zeros(1, requires_grad=True)], seen, 10, Plan(steps=10, batch=4))
    assert all(len(rows) == 4 == len(set(rows)) for rows in drawn[:2])
    assert set(np.bincount(np.concatenate(drawn), minlength=10)) == {4}


def test_info_nce_by_hand() -> None:
    cosines, apart = torch.tensor([[0.9, 0.1], [0.3, 0.8]]), torch.tensor([0, 1])
    rows = (math.log(1 + math.exp(0.1 - 0.9)) + math.log(1 + math.exp(0.3 - 0.8))) / 2
    columns = (math.log(1 + math.exp(0.3 - 0.9)) + math.log(1 + math.exp(0.1 - 0.8))) / 2
    assert float(info_nce(cosines, apart, ONE)) == pytest.approx((rows + columns) / 2)


def test_identical_contents_are_no_negatives() -> None:
    cosines = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    groups = torch.tensor([5, 5, 7])
    one_negative, two = math.log(1 + math.exp(-1)), math.log(1 + 2 * math.exp(-1))
    assert float(info_nce(cosines, groups, ONE)) == pytest.approx((2 * one_negative + two) / 3)
    assert float(info_nce(cosines, torch.tensor([5, 5, 5]), ONE)) == 0
    moved = cosines.clone()
    moved[0, 1] = -1.0
    same = [float(sigmoid_loss(c, groups, ONE, torch.zeros(()))) for c in (cosines, moved)]
    assert same[0] == pytest.approx(same[1])


def test_sigmoid_loss_by_hand() -> None:
    cosines = torch.tensor([[0.9, 0.1], [0.3, 0.8]])
    found = float(sigmoid_loss(cosines, torch.tensor([0, 1]), torch.tensor(2.0), torch.tensor(-1.0)))
    right = [-math.log(1 / (1 + math.exp(-(2 * c - 1)))) for c in (0.9, 0.8)]
    wrong = [-math.log(1 / (1 + math.exp(2 * c - 1))) for c in (0.1, 0.3)]
    assert found == pytest.approx((sum(right) + sum(wrong)) / 2)


def test_contrast_is_the_mean_over_the_modality_pairs_that_are_there() -> None:
    torch.manual_seed(0)
    places = {m: torch.nn.functional.normalize(torch.randn(6, 4), dim=1) for m in ("text", "image", "audio")}
    everywhere, groups = torch.ones(6, dtype=torch.bool), torch.arange(6)
    some = torch.tensor([True, True, True, False, False, False])
    contrast = Contrast("infonce")

    def of(a: str, b: str, rows: torch.Tensor) -> float:
        scale = torch.tensor(1 / contrast.temperature)
        return float(info_nce(places[a][rows] @ places[b][rows].T, groups[rows], scale))

    found = float(contrast(places, {"text": everywhere, "image": everywhere, "audio": some}, groups).detach())
    expected = of("text", "image", everywhere) + of("text", "audio", some) + of("image", "audio", some)
    assert found == pytest.approx(expected / 3, rel=1e-5)
    alone = torch.tensor([True] + [False] * 5)
    nothing = contrast({m: places[m] for m in ("text", "audio")}, {"text": everywhere, "audio": alone}, groups)
    nothing.backward()
    assert float(nothing.detach()) == 0


def test_weights_come_from_their_own_generator_alone() -> None:
    def built(seed: int) -> dict[str, np.ndarray]:
        torch.randn(int(torch.randint(1, 9, ())))
        layers = torch.nn.Sequential(torch.nn.Linear(300, 50), torch.nn.LayerNorm(50), torch.nn.GRU(50, 7))
        return arrays_of(seed_weights(layers, seeded_generator(seed)), "tower.")

    first, again, other = built(1), built(1), built(2)
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["tower.0.weight"], other["tower.0.weight"])
    assert first["tower.0.weight"].std() == pytest.approx(1 / math.sqrt(300), rel=0.05)
    assert (first["tower.0.bias"] == 0).all() and (first["tower.1.weight"] == 1).all()
    assert (first["tower.2.bias_ih_l0"] == 0).all()


def test_weights_return_from_arrays() -> None:
    first, second = (seed_weights(torch.nn.Linear(4, 3), seeded_generator(s)) for s in (1, 2))
    load_arrays(second, {"x.other": np.ones(2), **arrays_of(first, "a.")}, "a.")
    assert torch.equal(first.weight, second.weight)


def test_dropout_and_noise_draw_from_the_generator() -> None:
    rows = torch.ones(2000, 10)
    out = apply_dropout(rows, 0.25, seeded_generator(0))
    assert torch.equal(out, apply_dropout(rows, 0.25, seeded_generator(0)))
    assert sorted(out.unique().tolist()) == pytest.approx([0, 4 / 3])
    assert float(out.mean()) == pytest.approx(1, abs=0.02)
    assert float(add_noise(rows, 0.5, seeded_generator(0)).std()) == pytest.approx(0.5, abs=0.02)
    assert apply_dropout(rows, 0.25, None) is rows and add_noise(rows, 0.5, None) is rows


def test_contents_held_out_are_never_seen_in_training() -> None:
    part = hold_out(pairs([i // 2 for i in range(400)]), 0.2, seed=3)
    assert len(part.held) == 80 and len(part.kept) == 320
    assert not set(part.held.groups) & set(part.kept.groups)
    assert sorted(part.held.items + part.kept.items) == list(pairs([0] * 400).items)


def test_of_classes_some_of_each_are_held_out() -> None:
    part = hold_out(pairs([i % 10 for i in range(400)]), 0.2)
    assert list(np.bincount(part.held.groups)) == [8] * 10 and len(part.kept) == 320


def test_few_small_classes_lend_one_example_each_and_pairs_of_twins_go_together() -> None:
    classes = hold_out(pairs([i % 9 for i in range(36)]), 0.2)
    assert list(np.bincount(classes.held.groups)) == [1] * 9
    twins = hold_out(pairs([i // 2 for i in range(80)]), 0.2)
    assert len(twins.held) == 16 and not set(twins.held.groups) & set(twins.kept.groups)


def test_one_giant_content_group_is_not_held_out() -> None:
    part = hold_out(pairs([0] * 300 + list(range(1, 101))), 0.15)
    assert 0 not in part.held.groups and len(part.held) == 60


def test_a_repeated_training_can_end_where_the_first_was_best() -> None:
    first, said = fit_line(Plan(steps=100, batch=20, until=30))
    whole = [float(fit_line(Plan(steps=steps, batch=20))[0]) for steps in (30, 100)]
    assert said.steps == said.step == 30 and float(first) not in whole
    assert fit_line(Plan(until=0))[1].steps == 0


def test_too_few_to_hold_any_out() -> None:
    part = hold_out(pairs(list(range(20))))
    assert len(part.held) == 0 and len(part.kept) == 20


def test_mean_reciprocal_rank_by_hand_and_ties_do_not_help() -> None:
    image = np.eye(3, dtype=np.float32)
    swapped = image[[1, 0, 2]]
    assert mean_reciprocal_rank({"image": image, "text": image}, pairs([0, 1, 2])) == 1
    assert mean_reciprocal_rank({"image": image, "text": swapped}, pairs([0, 1, 2])) == pytest.approx((2 / 3 + 1) / 3)
    assert mean_reciprocal_rank({"image": image, "text": swapped}, pairs([0, 0, 2])) == 1
    same = np.ones((3, 2), np.float32)
    assert mean_reciprocal_rank({"image": same, "text": same}, pairs([0, 1, 2])) == pytest.approx(1 / 3)
    assert mean_reciprocal_rank({"image": same, "text": same}, pairs([0, 0, 0])) is None
