"""Models worth naming: what a misspelt name is compared with. Any other name of the hub is taken as well."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

KNOWN: Mapping[str, tuple[str, ...]] = {
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
ORGANISATION: Mapping[str, str] = {"sentence-transformers": "sentence-transformers", "clap": "laion"}
"""Whose model a name without '/' is, by encoder."""
PROMPTS: Mapping[str, str] = {"intfloat/e5-": "query: ", "intfloat/multilingual-e5-": "query: "}
"""What models of these names want before a text that becomes a feature: their cards say so, their files do not."""


def usual_prompt(repository: str) -> str:
    """The prompt that models of that name want although their files hold none; '' for all others."""
    if repository.endswith("-instruct"):
        return ""
    return next((prompt for start, prompt in PROMPTS.items() if repository.startswith(start)), "")


def nearest(name: str, others: Iterable[str]) -> str:
    """' (did you mean …?)', or '' where nothing is near or it is one of them; upper and lower case count as one."""
    by_lower = {other.lower(): other for other in others}
    if name in by_lower.values():
        return ""
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.75)
    return f" (did you mean '{by_lower[found[0]]}'?)" if found else ""
