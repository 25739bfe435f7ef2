"""Maps of the shared space: UMAP from an exact neighbour graph, in two or three dimensions, with its faithfulness."""

from mmalign_core.projection.maps import Projection, project
from mmalign_core.projection.placement import place
from mmalign_core.projection.quality import Quality, map_quality

__all__ = ["Projection", "Quality", "map_quality", "place", "project"]
