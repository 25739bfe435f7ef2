"""Maps of the shared space: UMAP in two or three dimensions from an exact neighbour graph, and its faithfulness."""

from mmalign_core.projection.maps import Projection, project
from mmalign_core.projection.placement import place
from mmalign_core.projection.quality import Quality, map_quality

__all__ = ["Projection", "Quality", "map_quality", "place", "project"]
