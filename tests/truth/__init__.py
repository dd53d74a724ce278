"""Properties of a read, checked against all that the account held while it went on."""
