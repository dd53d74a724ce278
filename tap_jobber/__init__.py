"""Singer tap that copies a Jobber account."""
