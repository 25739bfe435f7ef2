"""Column names that people use: which role a name says, in whichever way it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mmalign_core.data.tabular.column_words import FOLDED, LANGUAGE, without_accents

USUAL = {
    "id": (
        *("item_id", "image_id", "audio_id", "video_id", "product_id", "movie_id", "track_id", "key", "__key__", "uid"),
        *("uuid", "_id", "parent_asin", "asin", "audiocap_id", "file_name"),
    ),
    "text": (
        *("caption", "captions", "title", "sentence", "sentences", "description", "descriptions", "alt_text", "prompt"),
        *(
            "txt",
            "texts",
            "raw_caption",
            "raw",
            "transcript",
            "transcription",
            "review_text",
            "summary",
            "comment",
            "conversations",
            "conversation",
            "messages",
        ),
    ),
    "image": ("images", "img", "imgs", "picture", "photo", "jpg", "jpeg", "png", "webp", "image_bytes"),
    "audio": ("audios", "sound", "sounds", "speech", "wav", "flac", "mp3", "ogg", "clip", "audio_bytes"),
    "video": ("videos", "mp4", "webm", "movie", "video_bytes"),
}
"""Names that columns of a role have in published data sets, the most likely first."""
PATHS = (
    *("file_name", "file", "file_path", "path", "rel_path", "relative_path", "local_path", "full_path", "abs_path"),
    *("media", "media_path", "fname", "name", "key", "id"),
)
"""Names of columns whose texts are paths of files, of whichever modality their endings say, the most likely first."""
_ENDINGS = ("path", "paths", "file", "file_name", "file_path", "name", "file_names")
"""What follows the word for a modality where a column holds paths: image_path, img_file, audio_name."""
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NUMBERED = re.compile(r"(.*?)_?(\d{1,2})")


def plain_name(column: str) -> str:
    """A column's name in lower case with underscores: 'Image ID', 'imageId' and 'image-id' are 'image_id'."""
    words = re.sub(r"[\s\-.]+", "_", _CAMEL.sub("_", column.strip())).lower().strip("_")
    words = "__key__" if column.strip() == "__key__" else words
    return re.sub(r"file_?(name|path)(s?)$", r"file_\1\2", words)


def usual_column(role: str, columns: Iterable[str]) -> str | None:
    """The column with the most likely name for the role, in any language of `column_words`; None if there is none."""
    by_name = _by_name(columns)
    return next((by_name[name] for name in _names(role) if name in by_name), None)


def _names(role: str) -> tuple[str, ...]:
    return (role, *USUAL[role], *FOLDED[role])


def _by_name(columns: Iterable[str]) -> dict[str, str]:
    """Plain names, with and without accents -> the first column that is called so."""
    plain = [(plain_name(c), c) for c in reversed([*columns])]
    return {without_accents(name): c for name, c in plain} | dict(plain)


def columns_by_language(role: str, columns: Iterable[str]) -> tuple[str, ...]:
    """Columns of one usual name in several languages, such as caption_en and caption_de; () without any."""
    found: dict[str, list[str]] = {}
    for column in columns:
        match = LANGUAGE.fullmatch(plain_name(column))
        if match:
            found.setdefault(match[1], []).append(column)
    return tuple(next((found[name] for name in _names(role) if name in found), ()))


def path_column(modality: str, columns: Iterable[str]) -> str | None:
    """Of columns that name files of the modality, the one with the most likely name; None if none has a usual one."""
    by_name = _by_name(columns)
    words = _names(modality)
    names = [*words, *(f"{word}_{ending}" for word in words for ending in _ENDINGS), *PATHS]
    return next((by_name[name] for name in names if name in by_name), None)


def numbered_columns(role: str, columns: Iterable[str]) -> tuple[str, ...]:
    """Columns such as caption_1, caption_2, … in order, if two or more of one usual name are numbered; else ()."""
    found: dict[str, list[tuple[int, str]]] = {}
    for column in columns:
        match = _NUMBERED.fullmatch(plain_name(column))
        if match:
            found.setdefault(match[1], []).append((int(match[2]), column))
    several = (found[name] for name in (role, *USUAL[role]) if len(found.get(name, ())) > 1)
    return tuple(column for _, column in sorted(next(several, [])))
