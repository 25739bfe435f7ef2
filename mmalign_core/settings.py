"""Settings: the store's folder, limits of user files, threads and device; an environment variable sets each."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from mmalign_core.types import BadInput


def _root() -> Path:
    default = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "mmalign"
    return Path(os.path.expanduser(os.environ.get("MMALIGN_HOME", default)))


def _number(name: str, default: int) -> int:
    given = os.environ.get(f"MMALIGN_{name}", str(default))
    if not given.isdecimal() or int(given) < 1:
        raise BadInput(f"MMALIGN_{name} is '{given}'; set it to a whole number from 1")
    return int(given)


def roots_for_networks() -> tuple[Path, ...]:
    """The folders of MMALIGN_DATA_ROOTS, links resolved: all that a dashboard opens for others; none by default.

    Relative paths count from the folder that the server was started in. Raises BadInput for one that is no folder.
    """
    given = [part.strip() for part in os.environ.get("MMALIGN_DATA_ROOTS", "").split(os.pathsep)]
    roots = tuple(Path(part).expanduser().resolve() for part in given if part)
    if absent := next((root for root in roots if not root.is_dir()), None):
        raise BadInput(f"MMALIGN_DATA_ROOTS names '{absent}', which is no folder; correct it")
    return roots


def _usual_memory() -> int:
    """Three quarters of the machine's memory in MB; 4,000 where the system does not tell it."""
    try:
        return max(1, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 3 // 4 // 10**6)
    except (ValueError, OSError, AttributeError):  # Windows has no sysconf
        return 4000


@dataclass(frozen=True)
class Settings:
    """`root`: the store's folder (MMALIGN_HOME). The names of limits end in their units.

    `vectors`: where embeddings lie if not in that folder: an address of object storage (MMALIGN_VECTORS).
    `device`: where torch models run (MMALIGN_DEVICE): auto, cpu, cuda, cuda:N or mps.
    `max_image_side` in pixels; `max_image_bytes`: memory of pictures while they are decoded, all threads together.
    `max_rows`, `max_columns` and `max_table_bytes`: of a table of items, once decoded, by default half of the machine's
    memory; `max_interactions`: rows.
    `memory_limit`: what a fit may ask for, in MB of 10^6 bytes; by default three quarters of the machine's memory.
    `sequence_limit`: memory of the sequences of all modalities together, in MB of 10^6 bytes.
    `scratch`: where contents are unpacked, in its folder `media`, if not below the root; for data of one person.
    `data_roots`: folders below which data and models may be opened (MMALIGN_DATA_ROOTS); None for anywhere.

    `send`: whether media may be sent to a server that computes vectors or texts (MMALIGN_SEND=yes); no by default.

    Limits of a dashboard: `session_seconds` that the data of a person stay after the last page was closed,
    `max_upload_bytes` of a person's uploads together, `max_sessions` open pages, `max_jobs` at once,
    `max_job_seconds`, and `max_job_bytes` by which memory may grow while a job runs.

    Raises BadInput if a numeric variable is not a whole number of at least 1.
    """

    root: Path = field(default_factory=_root)
    vectors: str = field(default_factory=lambda: os.environ.get("MMALIGN_VECTORS", "").strip())
    max_file_bytes: int = field(default_factory=lambda: _number("MAX_FILE_BYTES", 512 * 2**20))
    max_image_pixels: int = field(default_factory=lambda: _number("MAX_IMAGE_PIXELS", 100_000_000))
    max_image_side: int = field(default_factory=lambda: _number("MAX_IMAGE_SIDE", 100_000))
    max_image_bytes: int = field(default_factory=lambda: _number("MAX_IMAGE_BYTES", 832 * 2**20))
    max_audio_seconds: int = field(default_factory=lambda: _number("MAX_AUDIO_SECONDS", 600))
    max_video_seconds: int = field(default_factory=lambda: _number("MAX_VIDEO_SECONDS", 4 * 3600))
    max_text_chars: int = field(default_factory=lambda: _number("MAX_TEXT_CHARS", 100_000))
    max_rows: int = field(default_factory=lambda: _number("MAX_ROWS", 10_000_000))
    max_columns: int = field(default_factory=lambda: _number("MAX_COLUMNS", 10_000))
    max_table_bytes: int = field(default_factory=lambda: _number("MAX_TABLE_BYTES", _usual_memory() * 10**6 * 2 // 3))
    max_interactions: int = field(default_factory=lambda: _number("MAX_INTERACTIONS", 50_000_000))
    max_archive_bytes: int = field(default_factory=lambda: _number("MAX_ARCHIVE_BYTES", 4 * 2**30))
    max_archive_files: int = field(default_factory=lambda: _number("MAX_ARCHIVE_FILES", 200_000))
    sequence_limit: int = field(default_factory=lambda: _number("SEQUENCE_LIMIT", 2000))
    memory_limit: int = field(default_factory=lambda: _number("MEMORY_LIMIT", _usual_memory()))
    threads: int = field(default_factory=lambda: _number("THREADS", os.cpu_count() or 1))
    scratch: Path | None = None
    data_roots: tuple[Path, ...] | None = None
    session_seconds: int = field(default_factory=lambda: _number("SESSION_SECONDS", 300))
    max_upload_bytes: int = field(default_factory=lambda: _number("MAX_UPLOAD_BYTES", 4 * 2**30))
    max_sessions: int = field(default_factory=lambda: _number("MAX_SESSIONS", 200))
    max_jobs: int = field(default_factory=lambda: _number("MAX_JOBS", 2))
    max_job_seconds: int = field(default_factory=lambda: _number("MAX_JOB_SECONDS", 24 * 3600))
    max_job_bytes: int = field(default_factory=lambda: _number("MAX_JOB_BYTES", 64 * 2**30))
    send: bool = field(default_factory=lambda: os.environ.get("MMALIGN_SEND", "").strip().lower() == "yes")
    device: str = field(default_factory=lambda: os.environ.get("MMALIGN_DEVICE", "auto").strip().lower() or "auto")

    @property
    def media(self) -> Path:
        """The folder of contents that were unpacked or uploaded."""
        return (self.scratch or self.root) / "media"
