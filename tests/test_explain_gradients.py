"""Integrated gradients, beside captum's and closed forms."""

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients

from mmalign_core.explain.gradients import integrated_gradients, integrated_map
from mmalign_core.explain.linear_terms import exact_map
from mmalign_core.types import BadInput


def network(seed: int = 0) -> torch.nn.Module:
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.GELU(), torch.nn.Linear(16, 1)).double()


def head(linear: torch.Tensor, target: torch.Tensor):
    """Cosine of the pooled and mapped steps with the target: (n, t, d) -> (n,)."""
    return lambda rows: torch.nn.functional.cosine_similarity(rows.mean(1) @ linear, target[None])


@pytest.mark.parametrize("steps", [5, 32, 200])
def test_equals_captum(steps: int) -> None:
    net, rows = network(), torch.randn(6, 8, dtype=torch.float64)
    baseline = torch.randn(6, 8, dtype=torch.float64)
    ours = integrated_gradients(lambda x: net(x)[:, 0], rows, baseline, steps)
    theirs = IntegratedGradients(lambda x: net(x)[:, 0]).attribute(rows, baseline, n_steps=steps)
    assert torch.allclose(ours, theirs, atol=1e-10)


def test_equals_captum_on_steps_of_media() -> None:
    torch.manual_seed(1)
    rows, linear, target = torch.randn(3, 7, 5), torch.randn(5, 4), torch.randn(4)
    function = head(linear, target)
    baseline = torch.full((1, 7, 5), 0.1)
    ours = integrated_gradients(function, rows, baseline, 50)
    theirs = IntegratedGradients(function).attribute(rows, baseline.expand_as(rows), n_steps=50)
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_a_product_is_shared_equally() -> None:
    """x·y from (0, 0): each gets half of it; exact with two points as the gradient is linear on the way."""
    found = integrated_gradients(lambda x: x[:, 0] * x[:, 1], torch.tensor([[3.0, 4.0]]), torch.zeros(1), 2)
    assert found[0].tolist() == pytest.approx([6.0, 6.0])


def test_a_linear_score_agrees_with_the_exact_map() -> None:
    rng = np.random.default_rng(0)
    steps, linear, target = rng.normal(size=(10, 6)), rng.normal(size=(6, 4)), rng.normal(size=4)
    place = steps.mean(0) @ linear
    length = np.linalg.norm(place) * np.linalg.norm(target)
    along = torch.tensor(linear @ target / length)
    found = integrated_map(lambda x: x.mean(1) @ along, torch.tensor(steps), torch.zeros(1, dtype=torch.float64))
    values, rest, score = exact_map(steps, np.zeros(6), linear, target)
    assert found.values == pytest.approx(values) and (found.rest, found.score) == pytest.approx((rest, score), abs=1e-9)
    assert found.points == 16


@pytest.mark.parametrize("seed", range(5))
def test_values_and_rest_are_the_score(seed: int) -> None:
    torch.manual_seed(seed)
    steps, linear, target = torch.randn(20, 6), torch.randn(6, 4), torch.randn(4)
    found = integrated_map(head(linear, target), steps, torch.randn(1, 6))
    assert found.values.sum() + found.rest == pytest.approx(found.score, abs=1e-5)
    assert found.score == pytest.approx(float(head(linear, target)(steps[None])))


def test_points_are_doubled_until_the_gap_closes() -> None:
    """A steep step on the way needs more points than a smooth one; a jump never closes and is reported."""
    one = torch.ones(1, 1, dtype=torch.float64)
    steep = integrated_map(lambda x: torch.sigmoid(60 * (x[:, 0, 0] - 0.37)), one, 0 * one)
    assert steep.points > 16 and abs(steep.gap) <= 1e-3
    jump = integrated_map(lambda x: (x[:, 0, 0] > 0.5).double() + 0 * x[:, 0, 0], one, 0 * one, most_points=64)
    assert (jump.points, jump.gap, jump.rest) == (64, 1.0, 1.0) and jump.values.sum() == 0


def test_weights_of_the_head_are_left_alone() -> None:
    net = network()
    integrated_gradients(lambda x: net(x)[:, 0], torch.ones(2, 8).double(), torch.zeros(8).double())
    assert all(parameter.grad is None for parameter in net.parameters())


def test_a_score_without_a_number_is_said() -> None:
    with pytest.raises(BadInput, match="not a finite number"):
        integrated_map(lambda x: x.sum((1, 2)) / 0, torch.ones(3, 2), torch.zeros(2))
