"""The web page on which the users of an app connect their Jobber accounts, and see and end the connection."""
