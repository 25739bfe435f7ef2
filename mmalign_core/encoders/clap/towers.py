"""The two towers of a CLAP model (Wu et al., 2023): vectors and sequences of spectrogram windows and of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.data.names import shown
from mmalign_core.encoders.clap.mel import ClapMel
from mmalign_core.encoders.text_input import TokenLimit
from mmalign_core.encoders.torch_models.devices import at_dtype, choose_device, stacked_on
from mmalign_core.encoders.torch_models.loader import load_quietly, share_loaded
from mmalign_core.encoders.torch_models.model_files import check_clap_files
from mmalign_core.model_files.weights import read_json
from mmalign_core.types import BadInput

_LONGEST_SOUND = 10.24
"""Most seconds of a window. Chosen: longer ones do not fit the spectrograms of published models."""


@dataclass(frozen=True)
class Windows:
    """Windows of a sound: `features` (w, c, frames, mels) float32, and the `seconds` (w,) of sound in each."""

    features: np.ndarray
    seconds: np.ndarray


class ClapTowers:
    """A loaded model, shared by both modalities."""

    def __init__(self, model: Any, extractor: Any, tokenizer: Any, device: str) -> None:
        """The objects that transformers loads; the model is on `device` and in evaluation mode."""
        self.model, self.extractor, self.tokenizer, self.device = model, extractor, tokenizer, device
        self.dim = int(model.config.projection_dim)
        self.rate = int(extractor.sampling_rate)
        self.window = int(extractor.nb_max_samples)
        self._mel = ClapMel(extractor)

    @cached_property
    def limit(self) -> TokenLimit:
        """The limit of tokens of a text."""
        return TokenLimit(self.tokenizer, self._most)

    @property
    def _most(self) -> int:
        text = self.model.config.text_config
        places = text.max_position_embeddings - text.pad_token_id - 1  # positions start after the padding id
        return min(self.tokenizer.model_max_length, places)

    def windows(self, samples: np.ndarray) -> Windows:
        """Consecutive windows of mono samples (n,). A short window is repeated, as in training."""
        samples = samples if len(samples) else np.zeros(1, np.float32)
        parts = [samples[i : i + self.window] for i in range(0, len(samples), self.window)]
        seconds = np.array([len(part) / self.rate for part in parts])
        return Windows(np.stack([self._mel(part) for part in parts]), seconds)

    def sounds(self, features: Sequence[np.ndarray], dtype: str = "float32") -> np.ndarray:
        """Unit vectors (w, dim) of windows (c, frames, mels), computed in `dtype`."""
        import torch

        with torch.inference_mode(), at_dtype(self.device, dtype):
            return self._projected("audio", self._audio_output(features).pooler_output)

    def sound_steps(self, features: Sequence[np.ndarray]) -> np.ndarray:
        """Unit vectors (w, t, dim) of the time steps of each window."""
        import torch

        with torch.inference_mode():
            states = self._audio_output(features).last_hidden_state
            return self._projected("audio", states.mean(dim=2).transpose(1, 2))

    def _audio_output(self, features: Sequence[np.ndarray]) -> Any:
        """The output of the audio tower for windows.

        `is_longer` is False for all windows. Fused models then treat them as short sounds, and a vector does not
        depend on its batch, in which the extractor would otherwise set one flag at random.
        """
        import torch

        longer = torch.zeros(len(features), 1, dtype=torch.bool, device=self.device)
        return self.model.audio_model(input_features=stacked_on(self.device, features), is_longer=longer)

    def texts(self, texts: Sequence[str], dtype: str = "float32") -> np.ndarray:
        """Unit vectors (n, dim) of texts, computed in `dtype`."""
        import torch

        with torch.inference_mode(), at_dtype(self.device, dtype):
            return self._projected("text", self.model.text_model(**self.tokens(texts)).pooler_output)

    def text_steps(self, texts: Sequence[str]) -> list[np.ndarray]:
        """For each text unit vectors (tokens, dim): every token goes through the pooler of the first token."""
        import torch

        tokens, pooler = self.tokens(texts), self.model.text_model.pooler
        with torch.inference_mode():
            states = self.model.text_model(**tokens).last_hidden_state
            steps = self._projected("text", pooler.activation(pooler.dense(states)))
        read = tokens["attention_mask"].bool().cpu().numpy()
        return [row[mask] for row, mask in zip(steps, read)]

    def tokens(self, texts: Sequence[str]) -> dict[str, Any]:
        """The input of the text tower: ids and mask (n, tokens), on its device."""
        options = {"padding": True, "truncation": True, "max_length": self._most, "return_tensors": "pt"}
        tokens = self.tokenizer(list(texts), **options).to(self.device)
        return {key: tokens[key] for key in ("input_ids", "attention_mask")}

    def _projected(self, tower: str, hidden: Any) -> np.ndarray:
        from torch.nn.functional import normalize

        return normalize(getattr(self.model, f"{tower}_projection")(hidden).float(), dim=-1).cpu().numpy()


def open_towers(reference: str, folder: Path, version: str, device: str) -> ClapTowers:
    """The model in the folder, loaded once per process for both modalities. Raises BadInput if loading fails."""
    device = choose_device(device)

    def load() -> ClapTowers:
        check_clap_files(folder)
        return load_quietly(reference, folder, lambda: _load(folder, device))

    return share_loaded(("clap", str(folder), version, device), load)


def _load(folder: Path, device: str) -> ClapTowers:
    import torch
    from transformers import AutoTokenizer, ClapFeatureExtractor, ClapModel  # pyright: ignore[reportMissingImports] - an optional extra

    here: dict[str, Any] = {"local_files_only": True}
    extractor = ClapFeatureExtractor.from_pretrained(str(folder), **here)
    if not 0 < extractor.nb_max_samples <= _LONGEST_SOUND * extractor.sampling_rate:
        raise BadInput(f"'{folder}': windows of {extractor.max_length_s} s do not fit a CLAP model; get its own files")
    mels = read_json(folder / "config.json").get("audio_config", {}).get("num_mel_bins", extractor.feature_size)
    if extractor.feature_size != mels:
        raise BadInput(f"'{shown(folder)}': spectrograms of {extractor.feature_size} bands for a model of {mels}")
    tokenizer = AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False, **here)
    model: Any = ClapModel.from_pretrained(str(folder), dtype=torch.float32, **here)
    return ClapTowers(model.to(device).eval(), extractor, tokenizer, device)
