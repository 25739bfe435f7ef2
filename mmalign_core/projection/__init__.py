"""Maps of the shared space: UMAP in two or three dimensions, its states while it is drawn, and its faithfulness."""

from mmalign_core.projection.maps import OnState, Projection, project
from mmalign_core.projection.placement import Placer, place
from mmalign_core.projection.quality import Quality, map_quality

__all__ = ["OnState", "Placer", "Projection", "Quality", "map_quality", "place", "project"]
