"""Places of a store: a folder of this machine, and object storage for the vectors."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mmalign_core.types import BadInput

_ADDRESS = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s?#]*)?"
"""An address of object storage: the bucket's name is as S3 allows it, 3 to 63 characters."""


def is_object_storage(root: object) -> bool:
    """Whether a `--store` value is an address of object storage."""
    return isinstance(root, str) and root.startswith("s3://")


def check_address(address: str) -> str:
    """The address without a slash at its end. Raises BadInput if it names no bucket."""
    if not re.fullmatch(_ADDRESS, address):
        raise BadInput(f"the store '{address}' names no bucket; write s3://bucket/folder")
    return address.rstrip("/")


def folder_of(root: str | Path) -> Path:
    """The folder that a `--store` value names. Raises BadInput if it is not a local folder."""
    text = re.sub(r"^file:/+", "/", os.fspath(root))
    if re.match(r"\w[\w+.-]+:/", text):  # pathlib shortens '://' to ':/'
        raise BadInput(f"the store '{root}' is not a folder on this machine; give a path")
    folder = Path(os.path.expanduser(text))
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"the store '{root}' is a file; give a folder")
    return folder


def check_allowed(path: object, roots: tuple[Path, ...] | None) -> None:
    """Raise BadInput unless the path, links resolved, lies in or below one of the folders; None allows any.

    The words are the same whether the path exists or not.
    """
    if roots is None:
        return
    given = os.path.expanduser(str(path))
    try:
        place = Path(os.path.realpath(given))
        allowed = bool(given.strip()) and any(place.is_relative_to(root) for root in roots)
    except (OSError, ValueError):  # too long, or with a null character
        allowed = False
    if not allowed:
        raise BadInput(
            f"'{path}' may not be opened over a network; whoever runs this dashboard can allow folders by"
            " MMALIGN_DATA_ROOTS"
        )


def endpoint() -> str:
    """The address of the server of object storage; '' for Amazon's own."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def storage_options(limits: dict[str, str]) -> dict[str, str]:
    """Lance's options for object storage: the limits and the endpoint. Secrets stay in the environment, where it reads
    them.
    """
    server = endpoint()
    given = {"aws_endpoint": server} if server else {}
    plain = {"allow_http": "true"} if server.startswith("http://") else {}
    return limits | given | plain
