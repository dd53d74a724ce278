"""Credentials: OAuth, token stores, and refreshes that survive the kill of a worker."""
