"""A local Jobber to try the tap on: HTTP, OAuth, GraphQL, prices and faults over invented data."""
