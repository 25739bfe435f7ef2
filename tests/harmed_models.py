"""What can be wrong with a model's folder: each harm done to a good one, and the words it is refused with."""

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file


class Boom:
    """Unpickled, it would run a command."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (os.system, (f"touch '{self.path}'",))


def weights(folder: Path) -> Path:
    return next(folder.glob("*.safetensors"))


def edit(path: Path, change: Callable[[dict], object]) -> None:
    settings = json.loads(path.read_text())
    change(settings)
    path.write_text(json.dumps(settings))


def set_size(folder: Path, kind: str, **sizes: int) -> None:
    """The same size in the settings of each kind: 'width', 'layers', 'words' or 'out'."""
    names = {"width": "hidden_size", "layers": "num_hidden_layers", "words": "vocab_size", "out": "projection_dim"}

    def change(settings: dict) -> None:
        for name, size in sizes.items():
            if kind == "open-clip":
                own = {"words": "vocab_size", "out": "embed_dim"}.get(name, name)
                (settings["model_cfg"] if name == "out" else settings["model_cfg"]["text_cfg"])[own] = size
            else:
                part = settings["text_config"] if kind == "clap" and name != "out" else settings
                part[names[name]] = size

    edit(folder / ("open_clip_config.json" if kind == "open-clip" else "config.json"), change)


def pickled(folder: Path, ran: Path, name: str = "") -> None:
    target = folder / (name or ("open_clip_" * (folder / "open_clip_config.json").exists() + "pytorch_model.bin"))
    weights(folder).unlink()
    target.write_bytes(pickle.dumps({"a": Boom(ran)}, 2))


def stretched(folder: Path) -> None:
    """One tensor of another shape than the settings say."""
    tensors = load_file(weights(folder))
    name = max(tensors, key=lambda key: tensors[key].size)
    save_file({**tensors, name: np.concatenate([tensors[name]] * 2)}, weights(folder), metadata={"format": "pt"})


def with_code(folder: Path, ran: Path) -> None:
    """Code beside a tokenizer of a known class, which would load in its place."""
    (folder / "own.py").write_text(f"import os\nos.system(\"touch '{ran}'\")\nclass Own: pass\n")
    edit(folder / "tokenizer_config.json", lambda s: s.update(auto_map={"AutoTokenizer": ["own.Own", "own.Own"]}))


def nothing_but(folder: Path, suffix: str) -> None:
    weights(folder).rename(folder / f"model{suffix}")


def without_tokenizer(folder: Path) -> None:
    for path in (*folder.glob("token*"), *folder.glob("vocab*")):
        path.unlink()


HARMS: dict[str, tuple[Callable[[Path, str, Path], object], str]] = {
    "half": (lambda f, k, r: weights(f).write_bytes(weights(f).read_bytes()[:-999]), "are cut short: .* fetch"),
    "empty": (lambda f, k, r: weights(f).write_bytes(b""), "not in the safetensors format"),
    "part": (lambda f, k, r: nothing_but(f, ".safetensors.incomplete"), "holds no weights.* again"),
    "onnx": (lambda f, k, r: nothing_but(f, ".onnx"), "holds no weights"),
    "msgpack": (lambda f, k, r: nothing_but(f, ".msgpack"), "holds no weights"),
    "disguised": (lambda f, k, r: pickled(f, r, weights(f).name), "not in the safetensors format and are not opened"),
    "pickle": (lambda f, k, r: pickled(f, r), "holds more than weights, and what else it holds is never run"),
    "shape": (lambda f, k, r: stretched(f), "do not fit the architecture beside them"),
    "deeper": (lambda f, k, r: set_size(f, k, layers=3), "do not fit the architecture|weights lack"),
    "shallower": (lambda f, k, r: set_size(f, k, layers=1), "do not fit the architecture|layers that its settings"),
    "huge width": (lambda f, k, r: set_size(f, k, width=10**9), "describe a larger model than"),
    "huge depth": (lambda f, k, r: set_size(f, k, layers=10**6), "describe a larger model than"),
    "huge vocabulary": (lambda f, k, r: set_size(f, k, words=10**9), "describe a larger model than"),
    "huge output": (lambda f, k, r: set_size(f, k, out=10**9), "describe a larger model than"),
    "code": (lambda f, k, r: with_code(f, r), "names code that comes with the model, which is never run"),
    "no tokenizer": (
        lambda f, k, r: [p.unlink() for p in (*f.glob("token*"), *f.glob("vocab*"))],
        "holds no tokenizer",
    ),
    "cut tokenizer": (lambda f, k, r: (f / "tokenizer.json").write_text('{"model":'), "tokenizer.json' cannot be read"),
    "void tokenizer": (lambda f, k, r: (f / "tokenizer.json").write_text("{}"), "tokenizer.json' holds no tokenizer"),
    "no settings": (lambda f, k, r: [p.unlink() for p in f.glob("*.json")], "no .*json|neither modules"),
}
