"""The two towers of a CLAP model (Wu et al., 2023): vectors of spectrogram windows and of texts, steps included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from mmalign_core.encoders.devices import choose_device
from mmalign_core.encoders.loading import load_quietly
from mmalign_core.encoders.token_limit import TokenLimit
from mmalign_core.models import check_weights
from mmalign_core.models.weights import read_json
from mmalign_core.types import BadInput

_LONGEST_SOUND = 10.24
"""Seconds: more does not fit the spectrogram that the model was trained on."""
_loading = Lock()


@dataclass(frozen=True)
class Windows:
    """A sound's windows: `features` (w, c, frames, mels) float32, and the seconds (w,) of the sound in each."""

    features: np.ndarray
    seconds: np.ndarray


class ClapTowers:
    """One loaded model that both modalities share."""

    def __init__(self, model: Any, extractor: Any, tokenizer: Any, device: str) -> None:
        """Everything as transformers loads it, the model on its device in evaluation mode."""
        self.model, self.extractor, self.tokenizer, self.device = model, extractor, tokenizer, device
        self.dim = int(model.config.projection_dim)
        self.rate = int(extractor.sampling_rate)
        self.window = int(extractor.nb_max_samples)

    @cached_property
    def limit(self) -> TokenLimit:
        """What of a text is read."""
        return TokenLimit(self.tokenizer, self._most)

    @property
    def _most(self) -> int:
        text = self.model.config.text_config
        places = text.max_position_embeddings - text.pad_token_id - 1  # positions count from behind the padding's
        return min(self.tokenizer.model_max_length, places)

    def windows(self, samples: np.ndarray) -> Windows:
        """Consecutive windows of mono samples (n,); the extractor repeats a short one, as it does in training."""
        samples = samples if len(samples) else np.zeros(1, np.float32)
        parts = [samples[i : i + self.window] for i in range(0, len(samples), self.window)]
        made = self.extractor(parts, sampling_rate=self.rate, return_tensors="np")
        seconds = np.array([len(part) / self.rate for part in parts])
        return Windows(np.asarray(made["input_features"], np.float32), seconds)

    def sounds(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(w, dim) unit vectors of windows, and (w, t, dim) of the steps in time of each.

        No window counts as longer than the model reads: for models that fuse crops of long sounds that is how they
        take short ones, and it makes a vector the same in every batch (the extractor draws one by lot).
        """
        import torch

        with torch.inference_mode():
            given = torch.from_numpy(features).to(self.device)
            longer = torch.zeros(len(features), 1, dtype=torch.bool, device=self.device)
            found = self.model.audio_model(input_features=given, is_longer=longer)
            over_time = found.last_hidden_state.mean(dim=2).transpose(1, 2)
            return self._projected("audio", found.pooler_output), self._projected("audio", over_time)

    def texts(self, texts: Sequence[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        """(n, dim) unit vectors, and per text (tokens, dim): every token pooled as the first one is."""
        import torch

        tokens = self.tokenizer(
            list(texts), padding=True, truncation=True, max_length=self._most, return_tensors="pt"
        ).to(self.device)
        with torch.inference_mode():
            found = self.model.text_model(tokens["input_ids"], attention_mask=tokens["attention_mask"])
            pooler = self.model.text_model.pooler
            steps = self._projected("text", pooler.activation(pooler.dense(found.last_hidden_state)))
            vectors = self._projected("text", found.pooler_output)
        read = tokens["attention_mask"].bool().cpu().numpy()
        return vectors, [row[mask] for row, mask in zip(steps, read)]

    def _projected(self, tower: str, hidden: Any) -> np.ndarray:
        from torch.nn.functional import normalize

        return normalize(getattr(self.model, f"{tower}_projection")(hidden), dim=-1).float().cpu().numpy()


def open_towers(reference: str, folder: Path, version: str, device: str) -> ClapTowers:
    """The model in the folder, loaded once a process for both modalities; BadInput if it cannot be."""
    with _loading:
        return _opened(reference, folder, version, choose_device(device))


@lru_cache(maxsize=2)
def _opened(reference: str, folder: Path, version: str, device: str) -> ClapTowers:
    check_config(folder)
    check_weights(folder)
    return load_quietly(reference, folder, lambda: _load(folder, device))


def check_config(folder: Path) -> None:
    """BadInput unless the folder holds a CLAP model."""
    kind = read_json(folder / "config.json").get("model_type")
    if kind != "clap":
        raise BadInput(f"'{folder}' holds a model of type '{kind}', not clap; name a CLAP model")


def _load(folder: Path, device: str) -> ClapTowers:
    import torch
    from transformers import AutoTokenizer, ClapFeatureExtractor, ClapModel  # pyright: ignore[reportMissingImports] - an optional extra

    here: dict[str, Any] = {"local_files_only": True}
    extractor = ClapFeatureExtractor.from_pretrained(str(folder), **here)
    if not 0 < extractor.nb_max_samples <= _LONGEST_SOUND * extractor.sampling_rate:
        raise BadInput(f"'{folder}': windows of {extractor.max_length_s} s do not fit a CLAP model; get its own files")
    tokenizer = AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False, **here)
    model: Any = ClapModel.from_pretrained(str(folder), dtype=torch.float32, **here)
    return ClapTowers(model.to(device).eval(), extractor, tokenizer, device)
