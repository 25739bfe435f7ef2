"""The Shared space page: settings of the map and what stands beside it."""
