"""Caches bounded by bytes, and the bytes that values take."""

from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pandas as pd
import pytest

from pages._session.byte_sizes import bytes_of
from pages._session.sized_cache import SizedCache


def test_the_least_recently_used_goes_once_the_bytes_are_too_many() -> None:
    kept = SizedCache(limit=2_500)
    for name in ("a", "b"):
        kept.value(name, lambda: np.zeros(1_000, np.uint8))
    kept.value("a", lambda: pytest.fail("it was kept"))
    kept.value("c", lambda: np.zeros(1_000, np.uint8))
    kept.value("a", lambda: pytest.fail("it was used after b"))
    made: list[str] = []
    kept.value("b", lambda: made.append("b"))
    assert made == ["b"], "b was used least recently, so that it went"
    assert kept.size <= 2_500


def test_a_value_larger_than_the_limit_is_kept_alone() -> None:
    kept = SizedCache(limit=100)
    kept.value("small", lambda: b"x")
    kept.value("large", lambda: np.zeros(1_000))
    assert len(kept) == 1
    kept.value("large", lambda: pytest.fail("the page that made it asks again at once"))


def test_a_failure_is_not_kept() -> None:
    kept = SizedCache(limit=100)
    with pytest.raises(ZeroDivisionError):
        kept.value("a", lambda: 1 // 0)
    assert kept.value("a", lambda: 7) == 7


def test_two_threads_make_a_value_once() -> None:
    kept, begun, go, made = SizedCache(limit=1_000), Event(), Event(), []

    def make() -> str:
        begun.set()
        assert go.wait(10)
        made.append(1)
        return "made"

    first = Thread(target=kept.value, args=("a", make))
    second = Thread(target=kept.value, args=("a", make))
    first.start()
    assert begun.wait(10)
    second.start()
    go.set()
    first.join(10)
    second.join(10)
    assert made == [1]


def test_arguments_with_an_underscore_are_no_key() -> None:
    kept, asked = SizedCache(limit=1_000), []

    @kept.keep
    def half(number: int, places: int, _run: object) -> float:
        asked.append(number)
        return round(number / 2, places)

    assert half(5, 1, object()) == half(5, places=1, _run=object()) == 2.5
    assert half(5, 0, object()) == 2
    assert asked == [5, 5], "once for each key"


@dataclass(frozen=True)
class Pair:
    left: np.ndarray
    right: np.ndarray


def test_sizes_of_values() -> None:
    array = np.zeros(10_000, np.uint8)
    assert 10_000 <= bytes_of(array) < 10_200
    assert bytes_of(Pair(array, array[:10])) < 11_000, "a view has no memory of its own"
    assert 20_000 <= bytes_of(Pair(array, array.copy())) < 21_000
    words = [f"{n:0100d}" for n in range(1_000)]
    assert 140_000 < bytes_of(words) < 170_000
    assert bytes_of(pd.DataFrame({"word": words, "number": range(1_000)})) > 110_000
    assert bytes_of({"a": words, "b": words}) < 170_000, "what both share counts once"


def test_an_array_in_a_file_takes_no_memory(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(100_000))
    assert bytes_of(np.load(tmp_path / "a.npy", mmap_mode="r")[5:]) < 1_000


def test_what_is_counted_already_counts_nothing() -> None:
    array, seen = np.zeros(10_000), set()
    assert bytes_of(array, seen) >= 80_000
    assert bytes_of({"again": array}, seen) < 1_000
