"""How a person connects the app to a Jobber account, and sees what is connected."""
