"""Models of sounds and of texts worth trying first; those of pictures and texts stand with open_clip's names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Suggested:
    """What it is good for, by which encoder and name; millions of weights; the licence that its card states."""

    use: str
    encoder: str
    repository: str
    millions: int
    licence: str


SUGGESTED = (
    Suggested("small and fast", "clap", "laion/clap-htsat-unfused", 153, "Apache-2.0"),
    Suggested("larger, any sound", "clap", "laion/larger_clap_general", 194, "Apache-2.0"),
    Suggested("music and speech", "clap", "laion/larger_clap_music_and_speech", 194, "Apache-2.0"),
    Suggested("small and fast", "sentence-transformers", "sentence-transformers/all-MiniLM-L6-v2", 23, "Apache-2.0"),
    Suggested("balanced", "sentence-transformers", "sentence-transformers/all-mpnet-base-v2", 109, "Apache-2.0"),
    Suggested("multilingual, small", "sentence-transformers", "intfloat/multilingual-e5-small", 118, "MIT"),
    Suggested("multilingual, best", "sentence-transformers", "BAAI/bge-m3", 568, "MIT"),
)
"""Weights are counted from the architectures; a fetch asks the hub for size and licence before anything comes."""
