"""Measures speed, memory and start-up time of the tap: `python -m benchmarks [extraction|replay|startup ...]`."""
