"""Numbers of slices: intervals, p and q of planted groups, and which groups metadata columns give."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from mmalign_core.metrics.bootstrap import share_interval
from mmalign_core.metrics.permutation import permutation_p
from mmalign_core.triage.clusters import cluster_items
from mmalign_core.triage.slice_groups import by_causes, by_column, by_part, by_value
from mmalign_core.triage.slices import Group, corrected, measure_slices, sizeable
from mmalign_core.types import BadInput, EmbeddingSet

N = 120
BAD = "mammals, 哺乳动物"
WAYS = ("image->text", "text->image")


def test_at_most_five_of_a_hundred_shuffled_tables_have_a_significant_slice() -> None:
    rng, wrong, tries = np.random.default_rng(0), 0, 200
    items = [str(k) for k in range(80)]
    labels = np.repeat([0, 1, 2, 3], 20)
    for _ in range(tries):
        values = (rng.permutation(80) < 24).astype(float)
        groups = [Group(f"g={k}", "metadata", "g", {}, labels == k) for k in range(4)]
        found = corrected(measure_slices(groups, values, items, resamples=20, permutations=400))
        wrong += any(one.is_significant for one in found)
    assert wrong <= 0.05 * tries + 2 * (0.05 * 0.95 * tries) ** 0.5  # two standard deviations of a binomial


def test_p_is_the_share_of_all_permutations_exact_or_estimated() -> None:
    rng = np.random.default_rng(1)
    values, inside = (rng.random(60) < 0.4).astype(float), np.arange(60) < 20
    values[:20] *= rng.random(20) < 0.5
    items = [str(k) for k in range(60)]
    exact = permutation_p(values, inside[:, None], items)[0]
    # A value that is neither 0 nor 1 lets the same p be estimated.
    nearly = np.where(values == 1, 1 - 1e-7, 0)
    assert permutation_p(nearly, inside[:, None], items)[0] == pytest.approx(exact, abs=0.015)
    even = np.arange(60) < 30  # both parts alike: Fisher's order of tables is that of the difference
    table = [[np.sum(values[part] == value) for value in (0, 1)] for part in (even, ~even)]
    assert permutation_p(values, even[:, None], items)[0] == pytest.approx(fisher_exact(table).pvalue)


def test_queries_of_one_item_count_once() -> None:
    """Five captions of 12 items are no 60 independent queries."""
    values = np.repeat([0.0] * 6 + [1.0] * 6, 5)
    inside = np.repeat([True] * 4 + [False] * 8, 5)[:, None]
    owners = np.repeat([f"i{k}" for k in range(12)], 5).tolist()
    own = permutation_p(values, inside, owners)[0]
    alone = permutation_p(values, inside, [str(k) for k in range(60)])[0]
    assert alone < 0.001 and 0.02 < own < 0.2


def test_q_is_the_step_up_correction_of_benjamini_and_hochberg() -> None:
    rng = np.random.default_rng(2)
    values, items = rng.random(100), [str(k) for k in range(100)]
    groups = [Group(f"g={k}", "metadata", "g", {}, rng.random(100) < 0.3) for k in range(7)]
    found = corrected(measure_slices(groups, values, items, resamples=20, permutations=500))
    p = np.array([one.p for one in found])
    order, expected, smallest = np.argsort(p), np.zeros(7), 1.0
    for place in range(6, -1, -1):
        smallest = min(smallest, p[order[place]] * 7 / (place + 1))
        expected[order[place]] = smallest
    assert [one.q for one in found] == pytest.approx(expected) and corrected([]) == ()


def test_a_slice_without_any_hit_has_the_interval_of_a_share() -> None:
    values = np.array([0.0] * 12 + [1.0, 0.0] * 20)
    inside = np.arange(52) < 12
    (one,) = measure_slices([Group("g", "metadata", "g", {}, inside)], values, [str(k) for k in range(52)])
    assert one.ci95 == share_interval(0, 12)
    low, high = one.rest_ci95
    newcombe = -0.5 - (high - 0.5), -0.5 + np.hypot(one.ci95[1], 0.5 - low)
    assert one.difference_ci95 == pytest.approx(newcombe) and one.difference_ci95[0] < -0.5 < one.difference_ci95[1]


def test_groups_that_are_small_whole_or_equal_are_left_out() -> None:
    items = [str(k) for k in range(40)]
    marks = {"few": 9, "half": 20, "same": 20, "most": 31, "all": 40}
    groups = [Group(name, "metadata", name, {}, np.arange(40) < many) for name, many in marks.items()]
    groups.append(Group("half", "metadata", "another of this key", {}, np.arange(40) >= 25))
    assert [group.key for group in sizeable(groups, items)] == ["half", "half#2"]
    twice = [Group("pairs", "metadata", "", {}, np.arange(40) < 18)]
    assert not sizeable(twice, [str(k // 2) for k in range(40)])  # 18 queries of 9 items


def test_a_cause_of_wrong_queries_is_compared_with_wrong_queries() -> None:
    missed = np.array([True] * 6 + [False] * 6)
    causes = [("hub", "short"), ("hub",)] + [()] * 6 + [("short",)] * 4
    of = {group.key: group for group in by_causes(causes, missed)}
    assert [*of] == ["cause=short", "cause=hub"]
    assert of["cause=hub"].among is missed and of["cause=short"].among is None
    assert of["cause=hub"].label == "cause: hub, among wrong queries"


def column(values: list[object], name: str = "c") -> list[str]:
    ids = [f"i{k}" for k in range(len(values))]
    return [group.label for group in by_column(name, pd.Series(values, index=ids), ids)]


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (["a", "b", "a", None, "a", "b"], ["c: a", "c: b", "c: no value"]),
        ([True, False, True], ["c: yes", "c: no"]),
        (['["x", "y"]', '["x"]', '["x"]', '["y"]'], ["c: x", "c: y"]),
        ([1.0, 2.0, 1.0, None], ["c: 1", "c: 2", "c: no value"]),
        ([0.5 * k for k in range(12)], ["c: 0 to 1", "c: 1.5 to 2.5", "c: 3 to 4", "c: 4.5 to 5.5"]),
        ([None, None], []),
        (["one text", "another text", "a third"], []),
        (list(range(30)), []),
    ],
)
def test_a_column_gives_values_or_parts_of_its_range(values: list[object], labels: list[str]) -> None:
    assert column(values) == labels


def test_ids_give_no_slices_and_dates_are_parts_of_their_range() -> None:
    rng = np.random.default_rng(0)
    numbers = [int(k) for k in rng.permutation(1000)[:40]]
    assert column(numbers, "image id") == [] and len(column(numbers, "bytes")) == 4
    days = [f"2024-01-{k:02d}" for k in range(1, 21)]
    assert column([*days])[0] == "c: 2024-01-01 to 2024-01-05"
    assert column([f"0:{k:02d}:30" for k in range(20)])[0] == "c: 0:00:30 to 0:04:30"


def test_skewed_ranges_have_fewer_parts_and_many_values_only_the_most_frequent() -> None:
    values = np.array([0.0] * 90 + [1.0, 2.0, 3.0, 4.0])
    groups = by_part("metadata", "c", values, values)
    assert [group.key for group in groups][:1] == ["c:1"] and len(groups) < 4
    assert sum(group.members.sum() for group in groups) == len(values)
    assert len(by_value("metadata", "c", [(str(k),) for k in range(100)])) == 20


def test_clusters_are_found_alike_whatever_the_gap_and_the_order() -> None:
    rng = np.random.default_rng(3)
    kinds = np.repeat(np.arange(6), 20)
    words = 3 * rng.standard_normal((6, 16))[kinds] + rng.standard_normal((120, 16))
    pictures = words + 0.5 * rng.standard_normal((120, 16)) + 20
    ids = tuple(f"i{k:03d}" for k in range(120))
    space = {m: EmbeddingSet(m, ids, ids, v, "x@1") for m, v in (("image", pictures), ("text", words))}
    found = cluster_items(space)
    assert found.count == 6 and found.separation > 0.5
    assert all(len(set(found.number[kinds == kind].tolist())) == 1 for kind in range(6))
    turned = {m: rows.take(rng.permutation(120)) for m, rows in space.items()}
    assert cluster_items(turned).by_item() == found.by_item()
    assert cluster_items({m: rows.take(range(39)) for m, rows in space.items()}).count == 0
    alike = {m: EmbeddingSet(m, ids, ids, np.ones((120, 4)), "x@1") for m in space}
    assert cluster_items(alike).count == 0


def _group(members: list[bool]) -> list[Group]:
    return [Group("g=x", "metadata", "g", {}, np.array(members, bool))]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: measure_slices([], np.array([0.5, np.nan]), ["a", "b"]), "give one number from 0 to 1"),
        (lambda: measure_slices([], np.array([0.5]), ["a", "b"]), "1 values for 2 queries"),
        (lambda: measure_slices([], np.array([3.0]), ["a"]), "give one number from 0 to 1"),
        (lambda: measure_slices(_group([True]), np.zeros(2), ["a", "b"]), "slice 'g=x' marks 1 queries of 2"),
        (lambda: measure_slices(_group([True] * 2), np.zeros(2), ["a", "b"]), "holds no query or all of them"),
        (lambda: permutation_p(np.zeros(2), np.zeros((2, 1), bool), ["a", "b"]), "one query inside and one outside"),
    ],
)
def test_bad_input_is_said_in_one_line(call: Callable[[], object], words: str) -> None:
    with pytest.raises(BadInput, match=words) as refused:
        call()
    assert "\n" not in str(refused.value)
