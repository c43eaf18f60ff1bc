"""What do clicks prove: interleaved rankings, stopping rules, logged propensities?"""
