"""What do all shoppers teach together? Never hears of the one who asks."""
