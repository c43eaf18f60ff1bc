"""What the shop itself says of its words: lists of synonyms and of splits, their edits, and proposals for them."""
