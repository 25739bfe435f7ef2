"""Several aligners on the same items: quality, cost, learning curves, ranks."""
