"""The web page where users of an app connect their Jobber accounts, and see and end the connection."""
