"""A local Jobber: HTTP, OAuth, GraphQL, prices and faults over invented data."""
