"""The progress of a run, shown while it reads."""
