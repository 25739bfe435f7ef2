"""A model in two lines: its name and what it reads; below, its size, licence and place."""

from __future__ import annotations

from collections.abc import Sequence

from pages._shared import errors, header


def heading(name: str, reads: Sequence[str]) -> str:
    """The name, after it the modalities it reads in their colours."""
    words = "  ".join(header.modality_word(modality) for modality in reads)
    return f"**{errors.plain(name)}**   :small[{words}]"


def facts(*parts: str) -> str:
    """What is known of it, the rest left out."""
    return ":small[:gray[" + " · ".join(errors.plain(part) for part in parts if part) + "]]"


def size(count: int) -> str:
    """Bytes as people say them: '605 MB', '9.7 GB'; '' for none."""
    if not count:
        return ""
    if count >= 10**9:
        return f"{count / 1e9:.1f} GB"
    return f"{count / 1e6:,.0f} MB" if count >= 10**7 else f"{max(count / 1e6, 0.1):.1f} MB"
