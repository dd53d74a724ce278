"""Talks to Jobber's GraphQL API: one query in, one classified answer out."""
