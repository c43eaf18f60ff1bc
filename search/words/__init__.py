"""What stands for a word beside itself: a compound's parts, a number with its unit, a code, a synonym."""
