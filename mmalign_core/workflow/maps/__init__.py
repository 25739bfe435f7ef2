"""Maps of the shared space, and those kept from before."""
