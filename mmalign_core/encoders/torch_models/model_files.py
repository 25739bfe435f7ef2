"""Checks of the files of CLAP and sentence-transformers models before a library opens them."""

from __future__ import annotations

import json
from pathlib import Path

from mmalign_core.data.names import shown
from mmalign_core.model_files import check_weights
from mmalign_core.model_files.verification import check_code, check_sizes, check_tokenizer, other_encoder_hint
from mmalign_core.model_files.weights import files_of, read_json
from mmalign_core.types import BadInput

_EXTRACTOR = {"sampling_rate": 192_000, "fft_window_size": 65_536, "hop_length": 65_536, "feature_size": 1024}
"""Setting of the spectrogram -> largest accepted value. Chosen: above all models, since memory grows with them."""


def check_clap_files(folder: Path) -> None:
    """Raise BadInput unless the folder holds all files of a CLAP model, complete, consistent and without code."""
    _check_clap_config(folder)
    check_weights(folder)
    check_code(folder)
    check_tokenizer(folder)
    check_sizes(read_json(folder / "config.json"), folder)
    _check_extractor(folder)


def _check_clap_config(folder: Path) -> None:
    """Raise BadInput unless the settings in the folder are those of a CLAP model."""
    if not (folder / "config.json").is_file():
        raise BadInput(
            f"'{shown(folder)}' holds no CLAP model: no config.json is there{other_encoder_hint(folder, 'clap')}"
        )
    kind = read_json(folder / "config.json").get("model_type")
    if kind != "clap":
        hint = other_encoder_hint(folder, "clap") or "; name a CLAP model"
        raise BadInput(f"'{shown(folder)}' holds a model of type '{kind}', not clap{hint}")


def _check_extractor(folder: Path) -> None:
    """Raise BadInput unless the settings of the spectrogram exist and are valid."""
    paths = [path for path in (folder / "preprocessor_config.json", folder / "processor_config.json") if path.is_file()]
    if not paths:
        raise BadInput(f"'preprocessor_config.json' is missing in the model folder '{shown(folder)}'; fetch it again")
    settings = read_json(paths[0])
    settings = settings.get("feature_extractor") or settings
    for name, most in _EXTRACTOR.items():
        value = settings.get(name, 1)
        if not isinstance(value, int) or not 1 <= value <= most:
            raise BadInput(f"'{shown(paths[0])}': '{name}' must be a whole number from 1 to {most:,}; fetch it again")


def check_sentence_files(folder: Path, *, reads_texts: bool = True) -> None:
    """Raise BadInput unless the folder holds all files of a sentence-transformers model, as `check_clap_files`."""
    _check_modules(folder)
    check_weights(folder)
    check_code(folder)
    if reads_texts:
        check_tokenizer(folder)
    for path in files_of(folder, "config.json"):
        if "model_type" in (config := read_json(path)):
            check_sizes(config, folder)


def _check_modules(folder: Path) -> None:
    """Raise BadInput unless all modules of the model are classes of the library."""
    if not (folder / "modules.json").is_file() and not (folder / "config.json").is_file():
        hint = other_encoder_hint(folder, "sentence-transformers")
        words = "is no sentence-transformers model: neither modules.json nor config.json is there"
        raise BadInput(f"'{shown(folder)}' {words}{hint}")
    for path in files_of(folder, "modules.json") + files_of(folder, "router_config.json"):
        text = path.read_text(encoding="utf-8", errors="replace")
        for kind in _classes(path, text):
            if not kind.startswith("sentence_transformers."):
                words = f"brings its own code ({shown(kind)}), which is never run; choose another"
                raise BadInput(f"model '{shown(folder)}' {words}")


def _classes(path: Path, text: str) -> list[str]:
    """The classes in a list of modules or a router's table."""
    try:
        value = json.loads(text)
        rows = [row["type"] for row in value] if isinstance(value, list) else list(value["types"].values())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadInput(f"'{shown(path)}' is damaged; fetch the model again") from error
    return [str(row) for row in rows]
