"""What did people judge, what did an engine rank, and in which files does it stand?"""
