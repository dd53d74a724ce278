"""Tests of what is said when no answer comes."""
