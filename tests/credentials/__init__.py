"""Tests of the credential: tokens, stores, refreshes."""
