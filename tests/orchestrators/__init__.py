"""Tests that run the examples for orchestrators on the real engines."""
