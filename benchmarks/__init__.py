"""Measures speed, cost, memory and start-up time of the tap: `python -m benchmarks [NAME ...]`, see --help."""
