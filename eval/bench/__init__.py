"""How fast, and how much memory? `python -m eval.bench.http` and `python -m eval.bench.index`.

Closed loop (`load`): a client asks again as soon as it has its answer. What users feel near capacity needs an open
loop (`openloop`), in which requests come when they come. `peers` are other engines at the same work.
"""
