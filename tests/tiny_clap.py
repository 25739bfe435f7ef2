"""A tiny CLAP with random weights, saved as transformers saves it; sounds to give it."""

import wave
from pathlib import Path

import numpy as np

from mmalign_core.encoders.torch_models.torch_companions import hide_broken_companions
from mmalign_core.types import Media

hide_broken_companions()  # before anybody imports transformers

RATE = 48_000
TEXTS = ("a dog barks loudly", "rain", "rain falls on the roof and a brown dog runs " * 5 + "home")
_ENDS = [("<s>", 0), ("</s>", 2)]


def save_clap(folder: Path, *, fusion: bool = False) -> Path:
    """A CLAP of four small stages with random weights."""
    import torch
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    text = {"vocab_size": 300, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    audio = {"patch_embeds_hidden_size": 16, "depths": [1, 1, 1, 1], "num_attention_heads": [2, 2, 4, 4]}
    audio |= {"hidden_size": 128, "spec_size": 256, "window_size": 8, "enable_fusion": fusion}
    text |= {"intermediate_size": 64, "max_position_embeddings": 34}
    if fusion:
        audio |= {"fusion_type": "aff_2d", "enable_fusion": True}
    torch.manual_seed(0)
    config = ClapConfig(text_config=text, audio_config=audio, projection_dim=24)
    model = ClapModel(config).eval()
    for name, weights in model.named_parameters():
        if weights.ndim > 1 and "relative_position" not in name:  # fresh ones are so small that all texts agree
            torch.nn.init.normal_(weights, std=1.5 * weights[0].numel() ** -0.5)
    model.save_pretrained(folder)
    ClapFeatureExtractor(truncation="fusion" if fusion else "rand_trunc").save_pretrained(folder)
    _save_tokenizer(folder)
    return folder


def _save_tokenizer(folder: Path) -> None:
    """Byte pairs with the marks of RoBERTa."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    marks = ["<s>", "<pad>", "</s>", "<unk>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        TEXTS, trainers.BpeTrainer(vocab_size=300, special_tokens=marks, initial_alphabet=alphabet)
    )
    made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=_ENDS)
    names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=32, **names).save_pretrained(folder)


def save_wav(path: Path, samples: np.ndarray, rate: int = RATE) -> Media:
    """Samples (n,) or (n, channels) as a file of 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return Media(path.stem, "audio", path.stem, path=str(path))


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    """White noise at `RATE`."""
    return np.random.default_rng(seed).standard_normal(int(seconds * RATE)).astype(np.float32) / 8


def tone(seconds: float, hertz: float) -> np.ndarray:
    """A sine at `RATE`."""
    return (np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE) / 2).astype(np.float32)
