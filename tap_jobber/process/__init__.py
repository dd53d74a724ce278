"""The process around a run: its standard streams, its log, and the signals that end it."""
