"""The short form of the campaign: some mutated files of every format, without a trace, a hang, a crash or a print."""

import json
import random

import pytest

from tests.campaign.__main__ import Findings, run
from tests.campaign.mutations import mutated
from tests.campaign.samples import MADE

INPUTS = 4 * len(MADE)
"""Four mutated files of every format: a few seconds."""


def test_mutated_files_are_read_or_refused() -> None:
    found = run(2, 0, INPUTS)
    assert not found.faults, json.dumps(found.faults[:3], indent=1)
    assert found.results.total() == INPUTS and found.peak_mb < 1024
    results = {result for _, result in found.results}
    assert results == {"read", "refused"}


def test_mutations_follow_from_the_seed() -> None:
    content = bytes(range(256)) * 4
    once, again = (mutated(content, random.Random(7)) for _ in range(2))
    assert once == again != content
    assert mutated(b"", random.Random(7)) == b""


@pytest.mark.parametrize(
    "line",
    [
        {"result": "traceback"},
        {"result": "lost"},
        {"result": "read", "printed": "a line of a library"},
        {"result": "read", "seconds": 6.0},
        {"result": "refused", "peak_mb": 2000},
    ],
)
def test_what_counts_as_a_fault(line: dict[str, object]) -> None:
    found = Findings()
    found.take({"format": "png", "number": 1, **line})
    assert found.faults
    fine = Findings()
    fine.take({"format": "png", "number": 1, "result": "read", "seconds": 0.1, "peak_mb": 300})
    assert not fine.faults


def test_a_child_that_hangs_or_ends_is_counted_and_passed_over() -> None:
    assert run(2, 0, 2, ["png"], wait=0.01).results == {("start", "hang"): 2}
    assert run(2, 0, 1, ["no such format"]).results == {("start", "crash"): 1}
