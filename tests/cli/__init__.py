"""Tests of tap_jobber.cli."""
