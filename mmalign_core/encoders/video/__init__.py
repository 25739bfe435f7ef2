"""Videos, encoded by encoders of pictures and sounds."""
