"""Tests of the local Jobber."""
