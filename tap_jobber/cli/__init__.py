"""The command line: options, input files, the log-in, the last lines of a run."""
