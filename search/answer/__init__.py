"""From a ranking to what people read: texts, marks, groups, pages, and the way from words to the score."""
