"""Reading a shop's feed, in parts: the file (`rows`), what its columns mean (`columns`), single values
(`values`), and what a row says about a product (`products`). The door is `catalog_loader`."""
