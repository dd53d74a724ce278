"""Tests of the installed executables against the sandbox."""
