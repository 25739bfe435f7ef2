"""Known models by name, for hints about misspelt names, and suggested models with size, licence and accuracy."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mmalign_core.wording import say

KNOWN: Mapping[str, tuple[str, ...]] = {
    "model2vec": (
        "minishlab/potion-base-8M",
        "minishlab/potion-base-32M",
        "minishlab/potion-multilingual-128M",
    ),
    "sentence-transformers": (
        "sentence-transformers/all-MiniLM-L6-v2",
        "sentence-transformers/all-mpnet-base-v2",
        "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        "sentence-transformers/paraphrase-multilingual-mpnet-base-v2",
        "sentence-transformers/LaBSE",
        "BAAI/bge-small-en-v1.5",
        "BAAI/bge-base-en-v1.5",
        "BAAI/bge-m3",
        "intfloat/e5-small-v2",
        "intfloat/multilingual-e5-small",
        "intfloat/multilingual-e5-base",
        "mixedbread-ai/mxbai-embed-large-v1",
    ),
    "clap": (
        "laion/clap-htsat-unfused",
        "laion/clap-htsat-fused",
        "laion/larger_clap_general",
        "laion/larger_clap_music",
        "laion/larger_clap_music_and_speech",
    ),
}
ORGANISATION: Mapping[str, str] = {
    "sentence-transformers": "sentence-transformers",
    "clap": "laion",
    "model2vec": "minishlab",
    "transformers": "",
}
"""Encoder -> the organisation of a model whose name has no '/'; '' if there is no usual one."""
DUAL = ("align", "altclip", "chinese_clip", "clip", "metaclip_2", "siglip", "siglip2")
"""Types of models of transformers by which a folder is known for a dual encoder of pictures and texts."""
PROMPTS: Mapping[str, str] = {"intfloat/e5-": "query: ", "intfloat/multilingual-e5-": "query: "}
"""Start of a model's name -> prompt before each text, for models whose cards state one and whose files do not."""


_NON_COMMERCIAL = re.compile(r"\bnc\b|non-?commercial|research-only", re.IGNORECASE)
"""What the names of licences hold that forbid commercial use, such as cc-by-nc-4.0."""


def usual_prompt(repository: str) -> str:
    """The prompt from PROMPTS for a repository; '' for all others and for instruct models."""
    if repository.endswith("-instruct"):
        return ""
    return next((prompt for start, prompt in PROMPTS.items() if repository.startswith(start)), "")


def nearest(name: str, others: Iterable[str]) -> str:
    """Return ' (did you mean …?)' with the nearest name, ignoring case; '' if none is near or the name is known."""
    by_lower = {other.lower(): other for other in others}
    if name in by_lower.values():
        return ""
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.75)
    return f" (did you mean '{by_lower[near[0]]}'?)" if near else ""


def licence_words(licence: str) -> str:
    """The licence, marked if it forbids commercial use; '' if the card states none."""
    return f"{licence} (non-commercial)" if _NON_COMMERCIAL.search(licence) else licence


@dataclass(frozen=True)
class Suggested:
    """A suggested model: its use, encoder and name, millions of weights, and the licence on its card.

    `held`: its repository if that has another name. `reads`: the modalities that its card states.
    `accuracy`: zero-shot accuracy on ImageNet-1k in percent. `published`: another published figure with its source, ''
    if none was found.
    """

    use: str
    encoder: str
    model: str
    millions: int
    licence: str
    held: str = ""
    accuracy: float | None = None
    reads: tuple[str, ...] = ("text",)
    published: str = ""

    @property
    def reference(self) -> str:
        """The encoder reference that selects it."""
        return f"{self.encoder}:{self.model}"

    @property
    def repository(self) -> str:
        """ORGANISATION/NAME on the hub."""
        return self.held or self.model

    @property
    def bytes(self) -> int:
        """Size of its weights as float32, the usual type in repositories."""
        return self.millions * 4 * 10**6

    @property
    def terms(self) -> str:
        """The licence, marked if it forbids commercial use."""
        return licence_words(self.licence)

    @property
    def figure(self) -> str:
        """The published figure in words; '' if there is none."""
        return self.published if self.accuracy is None else f"ImageNet zero-shot {self.accuracy}%"

    def __str__(self) -> str:
        size = f"{self.millions:,} million weights, {self.bytes / 1e9:.1f} GB in memory"
        figure = f"{self.figure}, " if self.figure else ""
        terms = f"licence: {self.terms}, see huggingface.co/{self.repository}"
        return f"{self.use}: {self.reference} ({size}, {figure}{terms})"


_CLIP, _CLAP, _TEXT = "open-clip", "clap", "sentence-transformers"
_B32, _L14 = "laion/CLIP-ViT-B-32-256x256-DataComp-s34B-b86K", "laion/CLIP-ViT-L-14-DataComp.XL-s13B-b90K"
_PE, _SIGLIP = "timm/PE-Core-bigG-14-448", "timm/ViT-L-16-SigLIP2-256"
_STATIC, _ALL, _FILMED = "model2vec", ("text", "image", "audio", "video"), ("text", "image", "video")
_POTION = "MTEB English mean 50.03 (results of MinishLab/model2vec)"
_QWEN = "MMEB-V2 77.8 (arXiv:2601.04720)"
_SEEN, _HEARD = ("image", "text"), ("audio", "text")
SUGGESTED = (
    Suggested(say("small and fast"), _CLIP, "ViT-B-32-256/datacomp_s34b_b86k", 151, "MIT", _B32, 72.8, reads=_SEEN),
    Suggested(say("balanced"), _CLIP, "ViT-L-14/datacomp_xl_s13b_b90k", 428, "MIT", _L14, 79.2, reads=_SEEN),
    Suggested(say("best"), _CLIP, "PE-Core-bigG-14-448/meta", 2419, "Apache-2.0", _PE, 85.4, reads=_SEEN),
    Suggested(say("multilingual"), _CLIP, "ViT-L-16-SigLIP2-256/webli", 882, "Apache-2.0", _SIGLIP, 82.5, reads=_SEEN),
    Suggested(say("small and fast"), _CLAP, "laion/clap-htsat-unfused", 153, "Apache-2.0", reads=_HEARD),
    Suggested(say("larger, any sound"), _CLAP, "laion/larger_clap_general", 194, "Apache-2.0", reads=_HEARD),
    Suggested(say("music and speech"), _CLAP, "laion/larger_clap_music_and_speech", 194, "Apache-2.0", reads=_HEARD),
    Suggested(say("smallest, without torch"), _STATIC, "minishlab/potion-base-8M", 8, "MIT", published=_POTION),
    Suggested(say("multilingual, without torch"), _STATIC, "minishlab/potion-multilingual-128M", 128, "MIT"),
    Suggested(say("small and fast"), _TEXT, "sentence-transformers/all-MiniLM-L6-v2", 23, "Apache-2.0"),
    Suggested(say("balanced"), _TEXT, "sentence-transformers/all-mpnet-base-v2", 109, "Apache-2.0"),
    Suggested(say("multilingual, small"), _TEXT, "intfloat/multilingual-e5-small", 118, "MIT"),
    Suggested(say("multilingual, best"), _TEXT, "BAAI/bge-m3", 568, "MIT"),
    Suggested(say("all media, small"), _TEXT, "google/embeddinggemma-2", 740, "Apache-2.0", reads=_ALL),
    Suggested(say("2 billion weights"), _TEXT, "Qwen/Qwen3-VL-Embedding-2B", 2000, "Apache-2.0", reads=_FILMED),
    Suggested(say("for GPUs"), _TEXT, "Qwen/Qwen3-VL-Embedding-8B", 8000, "Apache-2.0", reads=_FILMED, published=_QWEN),
)
"""Weights are counted from the architectures, accuracies are from open_clip 3.3's table of results, licences from the
cards; sizes of the models from 2026 on, and of static ones, are those that their cards state. docs/encoders.md names
the sources. A fetch reads size and licence from the hub before it downloads."""


def modalities_of(encoder: str, model: str) -> tuple[str, ...]:
    """The modalities that a known model reads; () if it is not in the lists."""
    stated = next((row.reads for row in SUGGESTED if (row.encoder, row.model) == (encoder, model)), ())
    return stated or (("text",) if encoder == _TEXT and model in KNOWN[encoder] else ())
