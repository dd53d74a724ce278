"""One run of `tap | target` for one account, with its state, for whatever schedules runs: `tap-jobber-pipeline`."""
