"""What every model run by torch shares: device, dtype, batches, loading, attention."""
