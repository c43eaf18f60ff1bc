"""Is the personal order any good, for whom, and whom does it harm?"""
