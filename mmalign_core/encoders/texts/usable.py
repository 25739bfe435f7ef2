"""What every text encoder checks before it encodes."""

from __future__ import annotations

from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media


def usable_text(media: Media, settings: Settings) -> str:
    """The text of a medium without surrounding white space; BadInput if none is left, it is too long or broken."""
    text = (media.text or "").strip()
    if not text:
        raise BadInput(f"item '{media.item}': the text is empty; give at least one word")
    if len(text) > settings.max_text_chars:
        raise BadInput(
            f"item '{media.item}': the text has {len(text):,} characters, more than {settings.max_text_chars:,}; "
            "shorten it or raise MMALIGN_MAX_TEXT_CHARS"
        )
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise BadInput(f"item '{media.item}': the text holds half a character (a lone surrogate); save it as UTF-8")
    return text
