"""Where shoppers and the catalogue meet: what they did, said and allow becomes what a request may know."""
