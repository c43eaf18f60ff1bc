"""What the commands of `search.cli` print and share."""
