"""Loaded OpenCLIP models, shared by all their users in this process."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any
from weakref import WeakValueDictionary

from mmalign_core.data.names import shown
from mmalign_core.encoders.model_choice import package_folder
from mmalign_core.encoders.openclip.files import PREPROCESSING, ModelFiles
from mmalign_core.encoders.openclip.sources import FOLDER, Source, import_open_clip
from mmalign_core.encoders.torch_models.devices import out_of_memory
from mmalign_core.types import BadInput

_REFUSALS = (RuntimeError, ValueError, TypeError, KeyError, AttributeError, IndexError, StopIteration, OSError)
_REFUSALS += (AssertionError, EOFError, ImportError, pickle.UnpicklingError)
"""Errors that open_clip, torch and transformers raise for invalid files."""


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """`model` in evaluation mode on `device`; `preprocess`: Pillow image -> tensor (3, h, w); `tokenize`: texts ->
    ids (n, context)."""

    model: Any
    preprocess: Any
    tokenize: Callable[[list[str]], Any]
    device: str


_shared: WeakValueDictionary[tuple[str, str, str], LoadedModel] = WeakValueDictionary()
_loading = Lock()


def shared_model(source: Source, files: ModelFiles, version: str, device: str) -> LoadedModel:
    """The model, shared by both towers while one of them exists. Raises BadInput if it cannot be built.

    Weights are safetensors, or a torch file that is read as plain tensors (`weights_only`).
    """
    key = (str(source), version, device)
    with _loading:
        model = _shared.get(key)
        if model is None:
            model = _shared[key] = _load(source, files, device)
        return model


def _load(source: Source, files: ModelFiles, device: str) -> LoadedModel:
    from safetensors import SafetensorError

    open_clip = import_open_clip()
    try:
        tokenize = _tokenizer(open_clip, files)
    except _REFUSALS as error:
        raise BadInput(
            f"open-clip: no tokenizer of '{shown(source)}' in '{shown(files.tokenizer)}': {_first_line(error)}"
        ) from error
    try:
        model, preprocess = _built(open_clip, source, files)
        return LoadedModel(model.to(device).eval().requires_grad_(False), preprocess, tokenize, device)
    except (*_REFUSALS, SafetensorError, MemoryError) as error:
        raise BadInput(f"open-clip: {_why(files, device, error)}") from error


def _built(open_clip: Any, source: Source, files: ModelFiles) -> tuple[Any, Any]:
    """The model and preprocessing, built by open_clip with strict loading from these files."""
    changed: dict[str, Any] = {}
    if files.text_tower:
        changed["text_cfg"] = {
            **files.config["text_cfg"],
            "hf_model_name": str(files.text_tower),
            "hf_model_pretrained": False,
        }
    if source.kind == "tag":
        options = {f"image_{key}": files.preprocessing.get(key) for key in PREPROCESSING}
        options["force_quick_gelu"] = files.config["quick_gelu"]
        name, weights = source.name, str(files.weights)
    else:
        options, name, weights = {}, f"{FOLDER}{files.weights.parent}", None
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # torch warns about refused pickles
        return open_clip.create_model_from_pretrained(name, weights, weights_only=True, **options, **changed)


def _tokenizer(open_clip: Any, files: ModelFiles) -> Callable[[list[str]], Any]:
    """The model's tokenizer, with a lock, since those of transformers fail if two threads use them at once."""
    text = files.config["text_cfg"]
    context = text.get("context_length", open_clip.tokenizer.DEFAULT_CONTEXT_LENGTH)
    options = text.get("tokenizer_kwargs") or {}
    if files.tokenizer is None:
        made = open_clip.SimpleTokenizer(context_length=context, **options)
    else:
        package_folder("transformers", "open-clip", "transformers")
        mode, safe = text.get("tokenizer_mode"), {"trust_remote_code": False, "local_files_only": True}
        options = {**options, "context_length": context, "tokenizer_mode": mode, **safe}
        made = open_clip.tokenizer.HFTokenizer(str(files.tokenizer), **options)
    turn = Lock()

    def tokenize(texts: list[str]) -> Any:
        with turn:
            return made(texts)

    return tokenize


def _why(files: ModelFiles, device: str, error: BaseException) -> str:
    """The reason why a model could not be built, in one sentence."""
    message, weights = str(error), shown(files.weights)
    if out_of_memory(error):
        return f"'{weights}' does not fit into the memory of {device}; choose a smaller model"
    if isinstance(error, pickle.UnpicklingError) or "weights_only" in message or "Weights only" in message:
        return f"'{weights}' holds more than weights, and what else it holds is never run; get it as safetensors"
    if "state_dict" in message:
        detail = next((line.strip() for line in message.splitlines()[1:] if line.strip()), message)[:200]
        return f"the weights in '{weights}' do not fit the architecture beside them: {detail}; fetch both again"
    if type(error).__name__ == "SafetensorError" or isinstance(error, EOFError) or "PytorchStreamReader" in message:
        return f"'{weights}' is damaged or was downloaded only in part; fetch it again"
    return f"no model could be built from '{weights}' and its settings: {_first_line(error)}; fetch both again"


def _first_line(error: BaseException) -> str:
    """The first 200 characters of an error's message, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
