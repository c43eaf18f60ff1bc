"""Changes of products over a generation: the same snapshot, but for the rows that changed."""
