"""Reads a stream: pages that lose no row, their size and their price."""
