"""Tests of tap_jobber.config."""
