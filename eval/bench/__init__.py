"""How fast, and how much memory? `python -m eval.bench.http` and `python -m eval.bench.index`.

Closed loop: a client asks again as soon as it has its answer. What users feel beyond capacity needs an open
loop, in which requests come when they come.
"""
