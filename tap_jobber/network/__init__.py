"""Requests that brought no response: the cause in words, and the remedy."""
