"""The server at rest: what it has worked for is cleaned up once, and never while it works."""

import subprocess
import sys
from pathlib import Path

import pytest

from pages._session.server_memory import Housekeeper

HEAP = """
import numpy as np, psutil
from mmalign_core.heap import limit_heap, release_freed
taken = limit_heap()
me = psutil.Process()
def freed(count):
    arrays = [np.ones(500_000) for _ in range(count)]  # 4 MB each
    kept = [bytes(200) for _ in range(1000)]
    del arrays
    return kept
freed(1)
before = me.memory_info().rss
kept = freed(50)
release_freed()
print(int(taken), (me.memory_info().rss - before) / 1e6)
"""


def test_it_cleans_once_after_work_and_not_while_it_works() -> None:
    now = {"worked": 0.0, "clock": 0.0}
    cleaned: list[float] = []
    keeper = Housekeeper(lambda: cleaned.append(now["clock"]), lambda: now["worked"], lambda: now["clock"])

    def later(worked: float) -> bool:
        now["worked"] += worked
        now["clock"] += 20
        return keeper.look()

    assert not later(0.1), "there is nothing to clean up after"
    assert not later(10), "it works"
    assert later(0.1), "it rests after work"
    assert not later(0.1), "all is clean"
    assert cleaned == [60]


@pytest.mark.skipif(not Path("/lib64/ld-linux-x86-64.so.2").exists(), reason="not a system with glibc")
def test_freed_arrays_go_back_to_the_system() -> None:
    found = subprocess.run([sys.executable, "-c", HEAP], capture_output=True, text=True, check=True)
    taken, grown = found.stdout.split()
    assert taken == "1" and float(grown) < 50, "200 MB were made and freed"
