"""The files of a sentence-transformers model, checked before a library opens them."""

from __future__ import annotations

import json
from pathlib import Path

from mmalign_core.data.names import shown
from mmalign_core.models import check_weights
from mmalign_core.models.verification import check_code, check_sizes, check_tokenizer, meant
from mmalign_core.models.weights import files_of, read_json
from mmalign_core.types import BadInput


def check_files(folder: Path) -> None:
    """BadInput unless all files of such a model are there, whole, of one size and without code."""
    _check_modules(folder)
    check_weights(folder)
    check_code(folder)
    check_tokenizer(folder)
    for path in files_of(folder, "config.json"):
        if "model_type" in (config := read_json(path)):
            check_sizes(config, folder)


def _check_modules(folder: Path) -> None:
    """BadInput unless the folder is a model all of whose parts are the library's own classes."""
    if not (folder / "modules.json").is_file() and not (folder / "config.json").is_file():
        hint = meant(folder, "sentence-transformers")
        words = "is no sentence-transformers model: neither modules.json nor config.json is there"
        raise BadInput(f"'{shown(folder)}' {words}{hint}")
    for path in files_of(folder, "modules.json") + files_of(folder, "router_config.json"):
        text = path.read_text(encoding="utf-8", errors="replace")
        for kind in _classes(path, text):
            if not kind.startswith("sentence_transformers."):
                words = f"brings its own code ({shown(kind)}), which is never run; choose another"
                raise BadInput(f"model '{shown(folder)}' {words}")


def _classes(path: Path, text: str) -> list[str]:
    """Every class that a list of modules, or a router's table, names."""
    try:
        value = json.loads(text)
        rows = [row["type"] for row in value] if isinstance(value, list) else list(value["types"].values())
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadInput(f"'{shown(path)}' is damaged; fetch the model again") from error
    return [str(row) for row in rows]
