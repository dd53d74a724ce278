"""Tests of the connect page."""
