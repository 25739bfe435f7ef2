"""Which file is a text, a picture, a sound or a video: by extension, and by the first bytes of its content."""

from __future__ import annotations

from pathlib import PurePath

HEAD_BYTES = 512
"""How much of a file `sniff` needs."""

EXTENSIONS = {
    "text": (".txt", ".text", ".md", ".caption"),
    "image": (
        *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".gif", ".bmp", ".dib", ".webp", ".tif", ".tiff"),
        *(".avif", ".jp2", ".j2k", ".ppm", ".pgm", ".pbm", ".pnm"),
    ),
    "audio": (
        *(".wav", ".wave", ".w64", ".rf64", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".mka"),
        *(".aif", ".aiff", ".aifc", ".caf", ".wma", ".amr", ".au"),
    ),
    "video": (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".flv", ".ogv", ".3gp", ".ts"),
}
TABLES = (".jsonl", ".csv", ".tsv", ".parquet")
ARRAYS = (".npz", ".npy")
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")

_IMAGE_HEADS = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF87a",
    b"GIF89a",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
)
_IMAGE_HEADS += (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51", b"P1", b"P2", b"P3", b"P4", b"P5", b"P6")
MOVING_PICTURE_HEADS = (b"GIF87a", b"GIF89a")
"""Pictures that count as videos where they are given as such."""
_AUDIO_HEADS = (b"fLaC", b"OggS", b"ID3", b"caff", b".snd", b"#!AMR", b"RF64", b"riff", b"\x30\x26\xb2\x75")
_IMAGE_BRANDS = (b"avif", b"avis")
_UNREAD_BRANDS = (b"heic", b"heix", b"mif1", b"msf1")


def modality_of(name: str) -> str | None:
    """The modality a file name's extension stands for, or None."""
    extension = PurePath(name).suffix.lower()
    return next((modality for modality, known in EXTENSIONS.items() if extension in known), None)


def sniff(head: bytes) -> str | None:
    """What the first HEAD_BYTES look like: image, audio (or a container of it), heic, svg, text, None for unknown."""
    if head[:4] == b"RIFF":
        return {b"WAVE": "audio", b"WEBP": "image", b"AVI ": "audio"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        brands = head[8:12]
        return "image" if brands in _IMAGE_BRANDS else "heic" if brands in _UNREAD_BRANDS else "audio"
    if head.startswith(_AUDIO_HEADS) or head[:4] in (b"FORM", b"\x1a\x45\xdf\xa3"):
        return "audio"
    if b"<svg" in head.lower():
        return "svg"
    if head.startswith(_IMAGE_HEADS) and not (head[:2] == b"BM" and _is_text(head)) and not _is_words(head):
        return "image"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "audio"
    return "text" if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    """Whether the bytes read as UTF-8 without control characters; the cut at the end may fall inside a character."""
    words = head.decode("utf-8", errors="ignore")
    whole = len(words.encode()) > len(head) - 4
    return bool(head) and whole and not any(ord(c) < 32 and c not in "\t\n\r\f" for c in words)


def _is_words(head: bytes) -> bool:
    """Whether a 'P1'..'P6' start is prose: a portable pixmap goes on with white space."""
    return head[:1] == b"P" and not head[2:3].isspace()
