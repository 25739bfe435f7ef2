"""A language model on a server with OpenAI's chat completions API. The environment gives address, key and model."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

from mmalign_core.language.base import LanguageModel, register
from mmalign_core.params import param
from mmalign_core.servers.addresses import Address, address_of
from mmalign_core.servers.requests import Request, ask, server_words
from mmalign_core.types import BadInput, Progress, no_progress
from mmalign_core.wording import say

MOST_BYTES = 2**20
"""Most bytes of a response. Our choice: a response of some hundred tokens has a few thousand."""


def _status_message(status: int) -> str:
    meaning = {
        400: "; set MMALIGN_LLM_MODEL to a model it has",
        401: "; set MMALIGN_LLM_KEY to a valid key",
        403: "; the key in MMALIGN_LLM_KEY may not do this",
        404: "; MMALIGN_LLM_URL or MMALIGN_LLM_MODEL names something it does not have",
        429: "; it gets too many requests, wait a little",
    }
    return f"refused with status {status}{meaning.get(status, '')}"


URL, KEY, MODEL = "MMALIGN_LLM_URL", "MMALIGN_LLM_KEY", "MMALIGN_LLM_MODEL"
PATH = "/chat/completions"


@register("server")
class Server(LanguageModel):
    """One request per call, with limits on the total time and on the size of the response.

    The address comes from the environment alone, so that a visitor of the dashboard cannot choose where the key is
    sent. Errors never contain the server's text, and the key is removed from responses.
    """

    summary = say("a server of your own or of others, by {url}; titles and queries are sent to it", url=URL)
    model: str = param("", help=f"the server's name of the model; empty: {MODEL}, else the server's own choice")
    seconds: float = param(20.0, 0.05, 600, help="longest wait for a whole answer")

    @property
    def address(self) -> Address:
        """The address of requests. Raises BadInput if the variable is missing or not an address."""
        return address_of(URL, KEY, "http://localhost:8080/v1")

    def load(self, progress: Progress = no_progress) -> None:
        """Check address and key. The first request contacts the server."""
        self.address.key()

    def complete(self, prompt: str, *, system: str = "", max_tokens: int = 60, progress: Progress = no_progress) -> str:
        """Return the text of one response at temperature 0."""
        messages = [{"role": "system", "content": system}] * bool(system) + [{"role": "user", "content": prompt}]
        return self.chat(messages, max_tokens, progress)

    def chat(
        self,
        messages: Sequence[dict[str, Any]],
        max_tokens: int = 60,
        progress: Progress = no_progress,
        *,
        address: Address | None = None,
    ) -> str:
        """Return the text of one response to chat messages, which may hold pictures, at temperature 0.

        `address`: of another server than the environment names.
        """
        body = {"messages": list(messages), "max_tokens": max_tokens, "temperature": 0, "stream": False}
        if model := self.model or os.environ.get(MODEL, ""):
            body["model"] = model
        address = address or self.address
        url = address.url if address.url.endswith(PATH) else address.url + PATH
        server = server_words("the language model's server", url)
        request = Request(
            url, json.dumps(body).encode(), address.headers(), self.seconds, MOST_BYTES, server, address.variable
        )
        answer = ask(request, progress)
        if answer.status != 200:
            raise BadInput(f"{server} {_status_message(answer.status)}")
        return address.hide_key(_text(answer.body))


def _text(body: bytes) -> str:
    """The text of the first choice in a response."""
    try:
        text: Any = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise BadInput(
            "the language model's server did not answer as chat completions do; "
            f"{URL} should end in the part before {PATH}, often /v1"
        ) from error
    if not isinstance(text, str) or not text.strip():
        raise BadInput("the language model's server answered without a text; try another model")
    return text.strip()
