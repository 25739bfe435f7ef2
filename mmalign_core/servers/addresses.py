"""The address and the key of a server, which come from environment variables and from nowhere else."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from mmalign_core.types import BadInput, digest_bytes


@dataclass(frozen=True)
class Address:
    """The `url` of a server without its last '/', and the names of its variables. The key is read at each request."""

    url: str
    variable: str
    key_variable: str
    host: str = field(init=False)
    """Name, and the port if it is not the usual one, as 'localhost:8080'."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        usual = {"http": 80, "https": 443}.get(parts.scheme)
        port = f":{parts.port}" if parts.port and parts.port != usual else ""
        object.__setattr__(self, "host", f"{parts.hostname}{port}")

    @property
    def place(self) -> str:
        """The host, and a digest of what of the address follows if that is more than a version such as /v1."""
        path = urlsplit(self.url).path.strip("/")
        short = len(path) < 3 and path[:1] in ("", "v")
        return self.host.replace(":", "-") + ("" if short else f"-{digest_bytes(path.encode())[:6]}")

    def key(self) -> str:
        """The key, '' if there is none. Raises BadInput, without the key, if it has invalid characters."""
        key = os.environ.get(self.key_variable, "").strip()
        if not key.isascii() or not key.isprintable() or " " in key:
            raise BadInput(f"{self.key_variable} holds characters that no key has; copy it again, without line ends")
        return key

    def headers(self) -> dict[str, str]:
        """The headers of a request with JSON."""
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        key = self.key()
        return headers | ({"Authorization": f"Bearer {key}"} if key else {})

    def hide_key(self, text: str) -> str:
        """The text without the key, which some servers repeat."""
        key = self.key()
        return text.replace(key, "[key]") if key else text


def address_of(variable: str, key_variable: str, example: str) -> Address:
    """The address in the environment. Raises BadInput if the variable is missing or holds none."""
    given = os.environ.get(variable, "").strip()
    if not given:
        raise BadInput(f"{variable} is not set; set it to a server's address, such as {example}")
    return check_address(given, variable, key_variable, example)


def check_address(given: str, variable: str, key_variable: str, example: str) -> Address:
    """The address that was given by `variable`, a variable or an option. Raises BadInput if it is none."""
    given = given.strip().rstrip("/")
    try:
        parts = urlsplit(given)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        usable = False
    if not usable:
        raise BadInput(f"{variable} is no address of a server; it looks like {example}")
    if "@" in urlsplit(given).netloc:
        raise BadInput(f"{variable} holds a name or password, which logs may show; put the key into {key_variable}")
    return Address(given, variable, key_variable)
