"""The file of a bundle: a zip of uncompressed members, the first of which lists all others with their SHA-256.

Nothing in a bundle is compressed, so it never unpacks to more bytes than it has: whoever reads one knows from its size
what it can ask for. Every name is one of the known layout. The same members make the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from mmalign_core.settings import Settings
from mmalign_core.store.ownership import CHECKSUMS, MARKER, RUN_LAYOUT, SETS_LAYOUT
from mmalign_core.store.zip_checks import Rules, damage_said, open_checked, plain_words, refused
from mmalign_core.types import BadInput

FORMAT, VERSION, _READ = "mmalign-bundle", 2, (1, 2)
"""Name and version of the format in the manifest, and the versions that are read; the version is counted up when older
readers could not read it. Version 1 has media references, and the ids of vectors, in JSON."""
MANIFEST = "bundle.json"
MARKS = "marks.jsonl"
_RUN = rf"run/({RUN_LAYOUT}|{re.escape(CHECKSUMS)}|{re.escape(MARKER)})"
_LAYOUT = rf"{re.escape(MANIFEST)}|{re.escape(MARKS)}|{_RUN}|encoded/{SETS_LAYOUT}|map/map\.(json|safetensors)"
_MOST_WORDS = 256 << 20
"""Bytes of a JSON member. Our choice: the media of about a million items; as Python objects they take gigabytes."""
_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can state: the time of writing is not part of the content."""
_CHUNK = 1 << 20
"""Bytes copied at a time; our choice."""
_CURE = "ask for the bundle again"


def write_bundle_file(file: IO[bytes], head: Mapping[str, Any], members: Mapping[str, Path]) -> None:
    """Write the bundle: `head` is what the manifest says besides; `members`: name -> file with its content."""
    names = sorted(members)
    listed = {name: {"bytes": members[name].stat().st_size, "sha256": _sha256(members[name])} for name in names}
    manifest = {"format": FORMAT, "version": VERSION, **head, "members": listed}
    content = json.dumps(manifest, indent=1, ensure_ascii=False).encode("utf-8", "backslashreplace")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        with archive.open(_entry(MANIFEST), "w") as out:
            out.write(content)
        for name in names:
            entry = _entry(name)
            entry.file_size = listed[name]["bytes"]
            with archive.open(entry, "w") as out, members[name].open("rb") as source:
                while chunk := source.read(_CHUNK):
                    out.write(chunk)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o644) << 16
    return entry


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_bundle_file(path: Path) -> bool:
    """Whether this program wrote the file as a bundle: its manifest says so."""
    try:
        read_manifest(path, Settings())
    except (BadInput, OSError):
        return False
    return True


def read_manifest(path: Path, settings: Settings) -> dict[str, Any]:
    """The manifest; BadInput where the file is no bundle, or holds anything that a bundle does not."""
    with open_checked(path, _rules(path, settings)) as archive:
        return _checked_manifest(archive, path)


def extract_bundle(path: Path, folder: Path, settings: Settings) -> dict[str, Any]:
    """Write every member below `folder`, each checked against its SHA-256; returns the manifest. BadInput as above."""
    with open_checked(path, _rules(path, settings)) as archive:
        manifest = _checked_manifest(archive, path)
        for name, listed in manifest["members"].items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with damage_said(path, _CURE), archive.open(name) as source, target.open("xb") as out:
                digest = hashlib.sha256()
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    out.write(chunk)
            if digest.hexdigest() != listed["sha256"]:
                raise refused(path, f"'{plain_words(name)}' differs from its SHA-256 in the manifest", _CURE)
    return manifest


def _rules(path: Path, settings: Settings) -> Rules:
    if not path.is_file():
        raise BadInput(f"there is no file '{plain_words(path)}'; name a bundle that `bundle --out` wrote")
    return Rules(_LAYOUT, _MOST_WORDS, settings, _CURE)


def _checked_manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    """The manifest, of our format, that lists exactly the other members with their sizes."""
    sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    if sizes.pop(MANIFEST, None) is None:
        raise refused(path, f"it holds no {MANIFEST}: it is another zip", _CURE)
    try:
        with damage_said(path, _CURE):
            manifest = json.loads(archive.read(MANIFEST))
        ours, version = manifest["format"] == FORMAT, manifest["version"]
        listed = {name: each["bytes"] for name, each in manifest["members"].items()}
        digests = [each["sha256"] for each in manifest["members"].values()]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise refused(path, f"its {MANIFEST} is not as this program writes it", _CURE) from error
    if not ours or not all(re.fullmatch(r"[0-9a-f]{64}", str(digest)) for digest in digests):
        raise refused(path, f"its {MANIFEST} is not as this program writes it", _CURE)
    if version not in _READ:
        words = f"it is of version {plain_words(version)}, this program reads {VERSION}"
        raise refused(path, words, "update the program")
    different = sorted(name for name in {*listed, *sizes} if listed.get(name) != sizes.get(name))
    if different:
        raise refused(path, f"its manifest and its members differ in '{plain_words(different[0])}'", _CURE)
    return manifest
