"""Checks of a model's folder before a library opens it: no code, a tokenizer, and sizes that match the weights."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from mmalign_core.data.names import shown
from mmalign_core.model_files.inventory import encoder_for
from mmalign_core.model_files.weights import file_stamp, files_of, read_json, weight_files
from mmalign_core.types import BadInput

_TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model", "tokenizer.tiktoken", "*.bpe")
_TOKENIZERS += ("whitespacetokenizer_config.json", "phrasetokenizer_config.json")
_WIDTHS = ("width", "hidden_size", "d_model")
_DEPTHS = ("layers", "num_hidden_layers", "num_layers", "depths")
_LENGTHS = ("embed_dim", "projection_dim", "vocab_size", "intermediate_size", *_WIDTHS)
_LEAST_LAYER = 2**16
"""Lowest number of weights per layer in the estimate. Chosen: below any layer of a usable transformer."""
_HARMLESS = 2**26
"""Models with fewer weights always pass. Chosen: 256 MB of float32, which any machine can allocate."""


def check_code(folder: Path) -> None:
    """Raise BadInput if settings of transformers name code that comes with the model.

    Such code is never run, and transformers' class of the same type, which would load instead, is another model.
    """
    for name in ("config.json", "tokenizer_config.json", "preprocessor_config.json", "processor_config.json"):
        for path in files_of(folder, name):
            if read_json(path).get("auto_map"):
                words = "names code that comes with the model, which is never run; choose another model"
                raise BadInput(f"'{shown(path)}' {words}")


def check_tokenizer(folder: Path) -> None:
    """Raise BadInput if the folder and its subfolders hold no tokenizer: transformers would create an empty one."""
    if not has_tokenizer(folder):
        looked = ", ".join(_TOKENIZERS[:3])
        raise BadInput(f"model folder '{shown(folder)}' holds no tokenizer ({looked}); fetch it again")
    for path in files_of(folder, "tokenizer.json"):
        if not _is_tokenizer(*file_stamp(path)):
            raise BadInput(f"'{shown(path)}' holds no tokenizer; fetch the model again")


def has_tokenizer(folder: Path) -> bool:
    """Whether the folder or one of its subfolders holds a file of a tokenizer."""
    return any(files_of(folder, pattern) for pattern in _TOKENIZERS)


@lru_cache(maxsize=64)
def _is_tokenizer(path: str, size: int, changed: int) -> bool:
    """Whether the file holds a tokenizer. The result is cached until size or time of the file change."""
    return isinstance(read_json(Path(path)).get("model"), dict)


def check_sizes(config: dict[str, Any], weights: Path) -> None:
    """Raise BadInput, before memory is allocated, if the settings describe more weights than the file can hold.

    Every layer of a transformer has at least width² weights, every dimension at least one entry, and every entry takes
    at least a byte.
    """
    held = sum(path.stat().st_size for path in (weight_files(weights) if weights.is_dir() else [weights]))
    most = max(held, _HARMLESS)
    for part in _parts(config):
        width = max((_int(part.get(name)) for name in _WIDTHS), default=0)
        depth = max((_layers(part.get(name)) for name in _DEPTHS), default=0)
        words = _int(part.get("vocab_size")) * (1 if "embedding_size" in part else width)
        least = max(depth * max(width**2, _LEAST_LAYER), words)
        if max(least, *(_int(part.get(name)) for name in _LENGTHS)) > most:
            raise BadInput(
                f"the settings beside '{shown(weights)}' describe a larger model than its {held:,} bytes of weights "
                "can be; fetch the model again"
            )


def other_encoder_hint(folder: Path, encoder: str) -> str:
    """Return '; choose …' if the folder holds a model of another encoder than `encoder`, else ''."""
    other = encoder_for(folder)
    if other in ("", encoder):
        return ""
    return f"; choose it as {other}:{'local-dir:' if other == 'open-clip' else ''}{shown(folder)}"


def _parts(config: Any) -> Iterator[dict[str, Any]]:
    if isinstance(config, dict):
        yield config
        for value in config.values():
            yield from _parts(value)


def _int(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _layers(value: Any) -> int:
    return sum(map(_int, value)) if isinstance(value, list) else _int(value)
