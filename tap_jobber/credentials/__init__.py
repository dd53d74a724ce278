"""How the tap stays connected: OAuth, the token store, and refreshes that survive being killed."""
