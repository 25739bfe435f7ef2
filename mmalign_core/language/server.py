"""Any server that speaks OpenAI's chat completions: address, key and model come from the environment."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import urlsplit

from mmalign_core.language.base import LanguageModel, register
from mmalign_core.language.exchange import post
from mmalign_core.params import param
from mmalign_core.types import BadInput, Progress, no_progress

URL, KEY, MODEL = "MMALIGN_LLM_URL", "MMALIGN_LLM_KEY", "MMALIGN_LLM_MODEL"
PATH = "/chat/completions"


@register("server")
class Server(LanguageModel):
    """Asked anew each time, with a limit on the whole wait and on the answer's size.

    The address is the environment's alone: a visitor of the dashboard must not choose where the key goes. Nothing a
    server says is shown in an error, and the key is struck out of its answers.
    """

    summary = f"a server of your own or of others, by {URL}; what is asked (titles, queries) is sent to it"
    model: str = param("", help=f"the server's name of the model; empty: {MODEL}, else the server's own choice")
    seconds: float = param(20.0, 0.05, 600, help="longest wait for a whole answer")

    @property
    def address(self) -> str:
        """Where questions go; BadInput if the variable is missing or no address."""
        given = os.environ.get(URL, "").strip().rstrip("/")
        if not given:
            raise BadInput(f"{URL} is not set; set it to a server's address, such as http://localhost:8080/v1")
        try:
            parts = urlsplit(given)
            usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
        except ValueError:
            usable = False
        if not usable:
            raise BadInput(f"{URL} is no address of a server; it looks like http://localhost:8080/v1")
        if "@" in urlsplit(given).netloc:
            raise BadInput(f"{URL} holds a name or password, which logs may show; put the key into {KEY}")
        return given if given.endswith(PATH) else given + PATH

    def load(self, progress: Progress = no_progress) -> None:
        """Check address and key; the server is reached when it is first asked."""
        _ = self.address, self._key()

    def complete(self, prompt: str, *, system: str = "", max_tokens: int = 60, progress: Progress = no_progress) -> str:
        """One request, temperature 0."""
        messages = [{"role": "system", "content": system}] * bool(system) + [{"role": "user", "content": prompt}]
        body = {"messages": messages, "max_tokens": max_tokens, "temperature": 0, "stream": False}
        if model := self.model or os.environ.get(MODEL, ""):
            body["model"] = model
        key = self._key()
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        answered = post(self.address, json.dumps(body).encode(), headers, self.seconds, progress)
        text = _text(answered)
        return text.replace(key, "[key]") if key else text

    def _key(self) -> str:
        """The key, or BadInput, which does not repeat it."""
        key = os.environ.get(KEY, "").strip()
        if not key.isascii() or not key.isprintable() or " " in key:
            raise BadInput(f"{KEY} holds signs no key has; copy it again, without line ends")
        return key


def _text(answered: bytes) -> str:
    """What the first choice says."""
    try:
        found: Any = json.loads(answered)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise BadInput(
            "the language model's server did not answer as chat completions do; "
            f"{URL} should end in the part before {PATH}, often /v1"
        ) from error
    if not isinstance(found, str) or not found.strip():
        raise BadInput("the language model's server answered without a text; try another model")
    return found.strip()
