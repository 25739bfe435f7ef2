"""Devices: what is asked for is used or refused, precision only where vectors stay, memory that runs out."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.encoders.torch_models.devices import (
    at_dtype,
    choose_device,
    choose_dtype,
    in_batches,
    least_cosine,
    out_of_memory,
)
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

GPU = torch.cuda.is_available()


def test_cpu_is_always_there_and_auto_takes_what_is():
    assert choose_device("cpu") == "cpu"
    assert choose_device() == ("cuda" if GPU else "mps" if torch.backends.mps.is_available() else "cpu")


@pytest.mark.parametrize("wanted", ["gpu", "cuda:x", "cpu:0", "", "cuda:-1"])
def test_an_unknown_device_is_refused_with_the_choices(wanted):
    with pytest.raises(BadInput, match="auto, cpu, cuda, mps"):
        choose_device(wanted)


def test_a_gpu_that_is_not_there_is_refused_in_one_line():
    with pytest.raises(BadInput, match=r"'cuda:99' is not here.*MMALIGN_DEVICE") as caught:
        choose_device("cuda:99")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(GPU, reason="there is a GPU")
def test_cuda_without_a_gpu_says_why():
    with pytest.raises(BadInput, match=r"without GPU support|sees no GPU"):
        choose_device("cuda")


def test_the_device_is_a_setting(monkeypatch):
    assert Settings().device == "auto"
    monkeypatch.setenv("MMALIGN_DEVICE", "CPU ")
    assert Settings().device == "cpu"


def test_on_the_processor_precision_is_not_touched():
    def never(dtype):
        raise AssertionError("nothing is tried on the processor")

    assert choose_dtype("cpu", never) == "float32"


def test_cosines_of_rows():
    rows = np.array([[1.0, 0.0], [1.0, 1.0]])
    assert least_cosine(rows, rows * 3) == pytest.approx(1)
    assert least_cosine(rows, np.array([[1.0, 1.0], [1.0, 1.0]])) == pytest.approx(np.sqrt(0.5))
    assert least_cosine(rows, np.array([[np.nan, 1.0], [1.0, 1.0]])) == -1
    assert least_cosine(rows, np.array([[0.0, 0.0], [1.0, 1.0]])) == -1


def test_a_smaller_dtype_computes_smaller_and_float32_is_left_alone():
    a = torch.ones(2, 2)
    with at_dtype("cpu", "bfloat16"):
        assert (a @ a).dtype == torch.bfloat16
    with at_dtype("cpu", "float32"):
        assert (a @ a).dtype == torch.float32


@given(count=st.integers(0, 60), size=st.integers(1, 40), room=st.integers(1, 40))
def test_batches_halve_until_they_fit_and_nothing_is_lost(count, size, room):
    tried = []

    def double(batch):
        tried.append(len(batch))
        if len(batch) > room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return [2 * item for item in batch]

    parts = in_batches(double, range(count), size)
    assert [value for part in parts for value in part] == [2 * i for i in range(count)]
    assert max(tried, default=0) <= size and all(len(part) <= room for part in parts)
    assert tried == sorted(tried, reverse=True) or count % size, "once halved, it stays so"


def test_memory_that_really_runs_out_is_recognised():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**50, dtype=torch.uint8)
    assert out_of_memory(caught.value)
    assert not out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_one_item_too_large_is_bad_input_and_other_errors_pass():
    def never_fits(batch):
        raise MemoryError

    def broken(batch):
        raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(BadInput, match="one item alone"):
        in_batches(never_fits, [1, 2, 3], 4)
    with pytest.raises(RuntimeError, match="shapes"):
        in_batches(broken, [1, 2, 3], 4)


@pytest.mark.gpu
@pytest.mark.skipif(not GPU, reason="no GPU here")
def test_on_a_gpu_a_smaller_dtype_is_taken_only_where_vectors_stay():
    rng = np.random.default_rng(0)
    exact = rng.standard_normal((4, 16))
    off = {"float32": exact, "bfloat16": exact + rng.standard_normal((4, 16)), "float16": exact + 1e-4}
    assert choose_dtype("cuda", off.__getitem__) == "float16"
    assert choose_dtype("cuda", lambda dtype: exact) in ("bfloat16", "float16")
    assert choose_dtype("cuda", lambda dtype: exact if dtype == "float32" else exact * np.nan) == "float32"


@pytest.mark.gpu
@pytest.mark.skipif(not GPU, reason="no GPU here")
def test_a_gpu_that_runs_out_goes_on_with_half():
    free, _ = torch.cuda.mem_get_info()
    each = free // 3

    def fill(batch):
        return float(torch.zeros(len(batch) * each, dtype=torch.uint8, device="cuda")[0])

    assert len(in_batches(fill, range(8), 8)) == 4
