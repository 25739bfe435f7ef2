"""Loading of a transformers model from a folder, without code from the model and without missing weights."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from mmalign_core.data.names import shown
from mmalign_core.encoders.torch_models.devices import out_of_memory
from mmalign_core.encoders.torch_models.torch_companions import hide_broken_companions
from mmalign_core.types import BadInput

T = TypeVar("T")
_sharing = Lock()
_shared: WeakValueDictionary[Hashable, Any] = WeakValueDictionary()
"""Loaded models that an encoder still holds: the towers of a model share one."""
_LAYER = re.compile(r"\b(layers?|blocks?|h)\.\d+\.")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def share_loaded(key: Hashable, load: Callable[[], T]) -> T:
    """The result of `load`, once per process for equal keys as long as somebody holds it."""
    with _sharing:
        found = _shared.get(key)
        if found is None:
            found = _shared[key] = load()
        return found


def load_quietly(reference: str, folder: Path, load: Callable[[], T]) -> T:
    """Return the result of `load`. Raises BadInput with the library's message if it fails, or weights are missing.

    transformers fills missing tensors with random numbers and only logs this; here it is an error.
    """
    hide_broken_companions()
    reports: list[str] = []
    try:
        with _quiet(), _reports() as reports:
            model = load()
    except BadInput:
        raise
    except Exception as error:
        if out_of_memory(error):
            raise BadInput(f"not enough memory for model '{shown(reference)}'; choose a smaller one") from error
        where = "" if str(folder) in reference else f" in '{shown(folder)}'"
        words = _words(error, reports)
        cure = "" if ";" in words else "; fetch the model again"
        raise BadInput(f"model '{shown(reference)}'{where} cannot be loaded: {words}{cure}") from error
    lacking = [key for report in reports for key in missing_tensors(report)]
    if lacking:
        much = f"{len(lacking)} of the model's tensors, first '{lacking[0]}'"
        raise BadInput(f"model '{shown(reference)}': its weights lack {much}; they belong to another architecture")
    over = [key for report in reports for key in _named(report, "UNEXPECTED") if _LAYER.search(key)]
    if over:
        much = f"{len(over)} tensors of layers that its settings do not have, first '{over[0]}'"
        raise BadInput(f"model '{shown(reference)}': its weights hold {much}; fetch the model again")
    return model


def missing_tensors(report: str) -> list[str]:
    """Names of the tensors that transformers reports as missing, without those of the unused pooling head."""
    return [name for name in _named(report, "MISSING") if "pooler" not in name]


def _named(report: str, status: str) -> dict[str, str]:
    """Tensor -> detail, for the tensors of that status in a report of transformers."""
    rows = [line.split("|") for line in _COLOURS.sub("", report).splitlines() if line.count("|") >= 1]
    return {row[0].strip(): row[-1].strip() for row in rows if row[1].strip() == status}


def _words(error: Exception, reports: Sequence[str]) -> str:
    """The informative start of an error's message, without the library's advice to run code from the model."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    if any("trust_remote_code" in line for line in lines):
        return "it brings its own code, which is never run; choose a model of a known architecture"
    if "weights_only" in str(error) or "Weights only" in str(error):
        return "its .bin holds more than weights, and what else it holds is never run; get it as safetensors"
    unfit = [(key, how) for report in reports for key, how in _named(report, "MISMATCH").items()]
    if unfit:
        key, how = unfit[0]
        return f"its weights do not fit the architecture beside them: '{key}' ({how.partition(' - ')[2] or how})"
    message = " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]
    return shown(message.partition(". If you were trying")[0]).rstrip(".")


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress progress bars and warnings while weights load."""
    from transformers.utils import logging as log  # pyright: ignore[reportMissingImports] - an optional extra

    bar_before, verbosity_before = log.is_progress_bar_enabled(), log.get_verbosity()
    log.disable_progress_bar()
    log.set_verbosity_error()
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            yield
    finally:
        log.set_verbosity(verbosity_before)
        if bar_before:
            log.enable_progress_bar()


class _Collector(logging.Handler):
    """Collects log messages in `lines`."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Append the message."""
        self.lines.append(record.getMessage())


@contextmanager
def _reports() -> Iterator[list[str]]:
    """The load reports that transformers logs inside the `with` block. They are not printed."""
    logger, collector = logging.getLogger("transformers.modeling_utils"), _Collector()
    before = logger.propagate, logger.level
    logger.addHandler(collector)
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    try:
        yield collector.lines
    finally:
        logger.removeHandler(collector)
        logger.propagate = before[0]
        logger.setLevel(before[1])
