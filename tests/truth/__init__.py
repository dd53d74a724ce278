"""What the tap has read, against what the account held at every moment of the reading."""
