"""Tests of tap-jobber; folders mirror its rooms."""
