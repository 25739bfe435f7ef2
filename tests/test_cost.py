"""What work costs: seconds by stage and memory, also where the system keeps no record of the peak."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.cost import Cost, peak_rss_mb, sampled_memory, timed

ROOT = Path(__file__).parents[1]


def test_the_workflow_works_where_resource_does_not_exist() -> None:
    code = (
        "import sys, psutil\n"  # psutil itself reads `resource` on Linux, and does not on Windows
        "sys.modules['resource'] = None\n"
        "import mmalign_core.workflow, mmalign_core.commands\n"
        "from mmalign_core.cost import peak_rss_mb\n"
        "print(peak_rss_mb())"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert 10 < float(shown.stdout) < 2000


def test_memory_that_a_block_takes_shows_in_the_peak() -> None:
    with sampled_memory() as memory:
        held = np.ones(2**24)  # 128 MiB
    assert memory.peak - memory.start > 100 and peak_rss_mb() >= memory.peak - 1
    assert held[0] == 1


def test_seconds_of_a_stage_add_up_also_when_it_fails() -> None:
    seconds: dict[str, float] = {"fit": 5.0}
    with pytest.raises(ZeroDivisionError), timed(seconds, "fit"):
        raise ZeroDivisionError
    with timed(seconds, "match"):
        pass
    assert seconds["fit"] >= 5 and seconds["match"] >= 0


def test_fits_and_placed_rows_are_counted() -> None:
    cost = Cost()
    assert cost.infer_seconds_per_1000 == 0
    for _ in range(2):
        with cost.fitting():
            pass
        with cost.placing(500):
            pass
    assert cost.fits == 2 and cost.placed == 1000 and cost.fit_peak_mb > 10
    assert cost.infer_seconds_per_1000 == pytest.approx(cost.placing_seconds, abs=1e-6)
