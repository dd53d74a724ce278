"""Tests of how streams are read."""
