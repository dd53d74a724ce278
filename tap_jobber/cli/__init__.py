"""The command line: options, input files, what each flag does, the last lines of a run."""
