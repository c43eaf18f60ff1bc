"""From two legs to one order, and from one order to a personal one: arithmetic over arrays and columns."""
