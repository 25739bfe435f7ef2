"""Mounts: whether a folder lies on an object store or another machine, which programs mount as a folder."""

from __future__ import annotations

import os
from pathlib import Path

_TABLE = Path("/proc/self/mountinfo")
"""Where Linux lists what is mounted (proc(5)); other systems have no such file."""
_REMOTE = ("fuse", "nfs", "cifs", "smb", "9p", "ceph", "lustre", "glusterfs")
"""Beginnings of the types of file systems behind which a network lies; s3fs, gcsfuse and rclone are of the first."""
_LOCAL = ("fuseblk", "fusectl", "fuse.portal", "fuse.gvfsd-fuse", "fuse-overlayfs", "fuse.fuse-overlayfs", "fuse.lxcfs")


def mounted_as(folder: Path, table: Path = _TABLE) -> str:
    """The type of the mounted store on which the folder lies, such as 'fuse.s3fs'; '' for a disk of this machine."""
    try:
        lines = table.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    place, best, kind = os.path.realpath(folder), "", ""
    for line in lines:
        mount, _, rest = line.partition(" - ")
        fields = mount.split()
        if len(fields) > 4 and rest:  # the fifth field is the place, the first after the dash is the type
            where = fields[4].replace("\\040", " ")
            inside = place == where or place.startswith(where.rstrip("/") + "/")
            if inside and len(where) >= len(best):
                best, kind = where, rest.split()[0]
    return kind if kind.startswith(_REMOTE) and kind not in _LOCAL else ""
