"""How fast are other engines at the same work? Each in a process of its own, side by side with ours: `make bench`.

    workload    the work as data: sizes, queries, repeats (workloads/*.json)
    words       a made vocabulary, and what its words mean as vectors
    catalogue   made products of any size on disk, and the queries asked about them
    exact       what the right answers are: BM25 and cosines, all of them
    engines/    an engine a file, all with the same few names; `registry` says which there are and why
    measure     one engine, one size: build, times, clients, memory, disk
    one         the same in its own process; `runner` starts them
    growth      from sizes to an exponent
    tables      what a person reads; `picture` draws growth

Everything in the catalogue is made. Its texts mean nothing, so these figures are about speed only.
"""
