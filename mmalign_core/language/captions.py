"""Captions of pictures by a vision-language server with OpenAI's chat completions API."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from mmalign_core.data.media.picture_uris import SENT_SIDE, pixels_uri
from mmalign_core.language.server import KEY, Server
from mmalign_core.servers.addresses import Address, check_address
from mmalign_core.types import BadInput, Progress, no_progress

PROMPT = "Describe this picture in one short, plain sentence. Name what is there; guess nothing that cannot be seen."
_LONGEST = 500
"""Most characters of a caption; our choice: what is longer is no caption but an essay."""
_TOKENS = 120
"""Most tokens that are asked for; our choice: a sentence has fewer than 60."""
_SECONDS = 60.0
"""Longest wait for one caption; our choice: small models on a processor take some ten seconds."""
_LEADING = re.compile(r"^[\s=+\-@'\"]+")
"""What a spreadsheet would take for a formula, or a quotation mark, at the start of a caption."""


@dataclass(frozen=True)
class CaptionServer:
    """A server at `url` with the `model` of that name. Its key comes from the environment variable MMALIGN_LLM_KEY."""

    url: str
    model: str
    prompt: str = PROMPT

    @property
    def address(self) -> Address:
        """The address of the server. Raises BadInput if `url` is not an address."""
        return check_address(self.url, "--server", KEY, "http://localhost:8080/v1")

    @property
    def made_by(self) -> str:
        """What stands beside each caption: the model and the server."""
        return f"{self.model} at {self.address.host}"

    def caption(self, pixels: np.ndarray, progress: Progress = no_progress) -> str:
        """One line of text for pixels (h, w, 3) uint8. Raises BadInput if the server gives none."""
        server = Server(model=self.model, seconds=_SECONDS)
        content = [
            {"type": "text", "text": self.prompt},
            {"type": "image_url", "image_url": {"url": pixels_uri(pixels, SENT_SIDE, "jpeg")}},
        ]
        found = server.chat([{"role": "user", "content": content}], _TOKENS, progress, address=self.address)
        line = _LEADING.sub("", " ".join(found.split())).rstrip("'\" ")[:_LONGEST]
        if not line:
            raise BadInput("the server answered without a caption; try another model")
        return line
