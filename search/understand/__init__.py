"""From raw text to a Query: language, corrections, what is stated, filters."""
