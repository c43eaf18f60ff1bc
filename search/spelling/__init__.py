"""Misspelt words and what they should have been."""
