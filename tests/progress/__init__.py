"""Tests of what a run says of itself while it reads."""
