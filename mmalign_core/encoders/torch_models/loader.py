"""Load a model of the transformers family from a folder: nothing runs but known classes, nothing lacks unseen."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from mmalign_core.data.names import shown
from mmalign_core.encoders.torch_models.devices import out_of_memory
from mmalign_core.encoders.torch_models.torch_companions import hide_broken_companions
from mmalign_core.types import BadInput

T = TypeVar("T")
_LAYER = re.compile(r"\b(layers?|blocks?|h)\.\d+\.")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def load_quietly(reference: str, folder: Path, load: Callable[[], T]) -> T:
    """What `load` gives; BadInput with the library's first words if it fails, or if it would make weights up.

    transformers fills tensors that the files lack with random numbers and only logs so: that is an error here.
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
    """Names of tensors that transformers reports as made up; a pooling head that no vector passes may lack."""
    return [name for name in _named(report, "MISSING") if "pooler" not in name]


def _named(report: str, status: str) -> dict[str, str]:
    """Tensors of that status in a report of transformers, and the detail it gives."""
    rows = [line.split("|") for line in _COLOURS.sub("", report).splitlines() if line.count("|") >= 1]
    return {row[0].strip(): row[-1].strip() for row in rows if row[1].strip() == status}


def _words(error: Exception, reports: Sequence[str]) -> str:
    """The error's first words that say something, without advice that would run a stranger's code."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    if any("trust_remote_code" in line for line in lines):
        return "it brings its own code, which is never run; choose a model of a known architecture"
    if "weights_only" in str(error) or "Weights only" in str(error):
        return "its .bin holds more than weights, and what else it holds is never run; get it as safetensors"
    unfit = [(key, how) for report in reports for key, how in _named(report, "MISMATCH").items()]
    if unfit:
        key, how = unfit[0]
        return f"its weights do not fit the architecture beside them: '{key}' ({how.partition(' - ')[2] or how})"
    said = " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]
    return shown(said.partition(". If you were trying")[0]).rstrip(".")


@contextmanager
def _quiet() -> Iterator[None]:
    """No bars and no remarks on the terminal while weights load."""
    from transformers.utils import logging as theirs  # pyright: ignore[reportMissingImports] - an optional extra

    shown_before, before = theirs.is_progress_bar_enabled(), theirs.get_verbosity()
    theirs.disable_progress_bar()
    theirs.set_verbosity_error()
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            yield
    finally:
        theirs.set_verbosity(before)
        if shown_before:
            theirs.enable_progress_bar()


class _Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        self.lines.append(record.getMessage())


@contextmanager
def _reports() -> Iterator[list[str]]:
    """The load reports that transformers logs meanwhile, which are kept off the terminal."""
    logger, kept = logging.getLogger("transformers.modeling_utils"), _Kept()
    before = logger.propagate, logger.level
    logger.addHandler(kept)
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    try:
        yield kept.lines
    finally:
        logger.removeHandler(kept)
        logger.propagate = before[0]
        logger.setLevel(before[1])
