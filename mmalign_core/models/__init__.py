"""Models by name: where they lie on this machine, whether their files are whole, and how they come from the hub."""

from mmalign_core.models.folders import model_folder, repository
from mmalign_core.models.known import KNOWN
from mmalign_core.models.weights import check_weights, weights_version

__all__ = ["KNOWN", "check_weights", "model_folder", "repository", "weights_version"]
