"""Tests of tap_jobber.login."""
