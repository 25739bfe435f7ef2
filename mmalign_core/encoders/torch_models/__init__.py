"""Common parts of encoders that run through torch: device, dtype, batches, loading and checks of files."""
