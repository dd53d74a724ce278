"""Brings the SDL files of the project up to what a live API says of its schema."""
