"""The base class of encoders on a server: what is sent, whether a person agreed, and what comes back."""

from __future__ import annotations

import json
import os
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any, Self

import numpy as np

from mmalign_core.data.media.picture_uris import SENT_SIDE, pixels_uri
from mmalign_core.encoders.base import Encoded, Encoder
from mmalign_core.encoders.servers.answers import SERVER, ServerLost, checked_rows, status_error, vectors_of
from mmalign_core.encoders.torch_models.media_input import media_view
from mmalign_core.params import param
from mmalign_core.servers.addresses import Address, address_of
from mmalign_core.servers.requests import NoAnswer, Request, ask_patiently, server_words
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media
from mmalign_core.wording import say

URL, KEY, PRICE = "MMALIGN_EMBEDDING_URL", "MMALIGN_EMBEDDING_KEY", "MMALIGN_EMBEDDING_PRICE"
SECONDS = 60.0
"""Longest wait for one answer; our choice: a batch takes a few seconds where the server is not busy."""
_MOST_BYTES = 64 * 2**20
"""Most bytes of an answer. Our choice: 64 vectors of 8,192 numbers of 20 characters are 10 MB."""
_TOKEN = 4
"""Characters of a token in the estimate of the cost: about right for English (OpenAI's guide); others take more."""
_ANY_LENGTH = 2**40
"""Bytes of a text that are surely sent whole; what a server reads of it is its own limit."""


class NotAsked(BadInput):
    """Raised before anything is sent to a server that no person agreed to send to."""


class ServerEncoder(Encoder):
    """One modality of a server's model, by the server's name of it. The key never enters names, files or messages.

    The address is part of the version, so that vectors of another server, or of another path on it, are not mixed up.
    """

    version = "none"
    space = "server"
    revision = 1
    licence = "the server's terms"
    batch_size = 64
    usual: str
    """The usual address of servers of this kind."""
    space_params = ("dims",)
    dims: int = param(0, 0, 65_536, help="dimensions that the server is asked for; 0: as many as it gives")
    read_as: str = param("document", choices=("document", "query"), help="what all media are told to be, where asked")

    @classmethod
    def of_model(cls, model: str, modality: str) -> Self:
        """An instance for the model. Raises BadInput without a model, or without an address in the environment."""
        if not model:
            raise BadInput(f"encoder '{cls.name}' needs a model: {cls.name}:NAME, as the server calls it")
        instance: Any = cls()
        instance.model, instance.modality, instance.space = model, modality, cls.space_of(model)
        instance.address = address_of(URL, KEY, cls.usual)
        instance.version = f"{cls.revision}-{instance.address.place}"
        return instance

    @classmethod
    def space_of(cls, model: str) -> str:
        """Each model of a server has its own space."""
        return f"{cls.name}:{model}"

    @classmethod
    def stamp(cls, model: str) -> Any:
        """The address, so that another one makes another instance."""
        return os.environ.get(URL, "")

    @cached_property
    def address(self) -> Address:
        """The address in the environment."""
        return address_of(URL, KEY, self.usual)

    @cached_property
    def _latest(self) -> dict[Any, np.ndarray | None]:
        """The rows of the latest answers, None for those that cannot be used: no medium is paid for twice in a row."""
        return {}

    @cached_property
    def _by_consent(self) -> dict[bool, Self]:
        """Consent to send -> the instance that has it; the dictionary is that of both."""
        agreed, refused = copy(self), copy(self)
        found = {True: agreed, False: refused}
        for one in found.values():
            one._by_consent = found
        return found

    def under(self, settings: Settings) -> Self:
        """The instance for those who agreed to sending, or for all others, under these limits.

        Encoders are shared by the sessions of a process, so what one of them agreed to must not hold for another.
        """
        one = self._by_consent[settings.send]
        one.settings = settings
        return one

    @property
    def dim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] - known from the first answer on
        """Dimension of the vectors; before the first answer the one asked for, or 1."""
        width = next((len(row) for row in self._latest.values() if row is not None), 0)
        return width or self.dims or 1

    @property
    def surely_read(self) -> int:
        """Texts are sent whole; what is read of them is the server's own limit."""
        return _ANY_LENGTH

    def load(self) -> None:
        """Check address and key, and that sending was agreed to. Nothing is sent."""
        self.address.key()
        if not self.settings.send:
            raise NotAsked(
                say(
                    "'{name}' sends to {host}, which nobody agreed to; add --send, or set MMALIGN_SEND=yes",
                    name=self.name,
                    host=self.address.host,
                )
            )

    def announce(self, media: Sequence[Media]) -> str:
        """What would be sent: count, size and cost. Raises NotAsked with it unless sending was agreed to."""
        found = {"count": self._count(media), "host": self.address.host, "reference": f"{self.name}:{self.model}"}
        if not self.settings.send:
            cure = say("add --send if it may, or switch it on, on the Models page")
            words = say(
                "{count} would be sent to {host} for '{reference}'; nothing was sent: {cure}", **found, cure=cure
            )
            raise NotAsked(words)
        return say("{count} are sent to {host} for '{reference}'", **found)

    def _count(self, media: Sequence[Media]) -> str:
        """'812 texts of 40,100 characters, about 10,025 tokens, about 0.0002 at 0.02 for a million tokens'."""
        n, requests = len(media), -(-len(media) // self.batch_size)
        if self.modality != "text":
            return say(
                "{n:,} pictures, in at least {requests:,} requests, at a price that the server states,",
                n=n,
                requests=requests,
            )
        characters = sum(len(medium.text or "") for medium in media)
        tokens, price = characters / _TOKEN, os.environ.get(PRICE, "").strip()
        try:
            cost = f"{tokens * float(price) / 1e6:,.4g}" if price else ""
        except ValueError as error:
            raise BadInput(f"{PRICE} is no number; set it to the price of a million tokens, such as 0.02") from error
        known = say("about {cost} at {price} for a million tokens", cost=cost, price=price)
        unknown = say("at the server's price ({variable}, for a million tokens, would show it)", variable=PRICE)
        return say(
            "{n:,} texts of {characters:,} characters, about {tokens:,} tokens, {requests:,} or more requests, {cost},",
            n=n,
            characters=characters,
            tokens=round(tokens),
            requests=requests,
            cost=known if cost else unknown,
        )

    def view(self, media: Media) -> Any:
        """The text, or upright pixels (h, w, 3) uint8."""
        return media_view(media, self.settings)

    def from_view(self, view: Any) -> str:
        """The text, one space for an empty one, since servers refuse that; or the picture as a data URI."""
        return (view or " ") if isinstance(view, str) else pixels_uri(view, SENT_SIDE, "jpeg")

    def encode(self, prepared: Sequence[str]) -> Encoded:
        """Vectors (n, dim) as the server gives them.

        Raises ServerLost where no further request can succeed, and BadInput for media that the server refuses.
        """
        self.load()
        absent = [one for one in dict.fromkeys(prepared) if one not in self._latest]
        if absent:
            known = {one: self._latest[one] for one in prepared if one in self._latest}
            asked = [self._rows(absent[at : at + self.at_once]) for at in range(0, len(absent), self.at_once)]
            self._latest.clear()
            self._latest.update(known | dict(zip(absent, (row for rows in asked for row in rows))))
        rows = [self._latest[one] for one in prepared]
        if any(row is None for row in rows):
            raise BadInput(f"{self._server} gave NaN or infinity for this {self.modality}; leave it out")
        return Encoded(np.stack([row for row in rows if row is not None]))

    def sequences(self, prepared: Sequence[str]) -> list[np.ndarray]:
        """Raises BadInput: a server gives one vector for a whole medium."""
        raise BadInput(f"'{self.name}:{self.model}' gives one vector for a whole {self.modality}: it has no sequences")

    @property
    def at_once(self) -> int:
        """Media of one request."""
        return self.batch_size

    @abstractmethod
    def question(self, prepared: Sequence[str]) -> tuple[str, Mapping[str, Any]]:
        """The end of the address, such as "/embeddings", and the body of a request."""

    def rows_of(self, answer: Any, count: int) -> list[Any]:
        """The vectors in an answer, in the order of the question. Raises ValueError, LookupError or TypeError."""
        return vectors_of(answer, count)

    @property
    def _server(self) -> str:
        return server_words(SERVER, self.address.url)

    def _rows(self, prepared: Sequence[str]) -> list[np.ndarray | None]:
        """A row for each, None where it is not finite."""
        end, body = self.question(prepared)
        url = self.address.url if self.address.url.endswith(end) else self.address.url + end
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        request = Request(url, content, self.address.headers(), SECONDS, _MOST_BYTES, self._server, URL)
        try:
            answer = ask_patiently(request)
        except NoAnswer as error:
            raise ServerLost(f"{error}; what was encoded is kept: repeat this to go on") from error
        if answer.status != 200:
            raise status_error(answer.status, self._server, URL, KEY)
        width = next((len(row) for row in self._latest.values() if row is not None), self.dims)
        return checked_rows(answer.body, len(prepared), self.rows_of, width, self._server)
