"""A workload: what is made, what is asked, how often and for how long. Data, so that a figure names its file."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from search.errors import BadInput

FOLDER = Path(__file__).with_name("workloads")
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1)]


class Workload(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same work for every engine.

    Args:
        generator: how products are made; "zipf" is the only one (`catalogue`).
        sizes: products, ascending.
        tokens: words a product, the mean of a Poisson distribution.
        vocabulary: distinct words that there are.
        clusters: groups of products that share words of their own.
        directions: in how many of their dimensions words vary, at most; in all of them if absent. Encoders' vectors
            vary in few, and graphs find their way among those far better.
        queries: how many there are; `head` is the share made of frequent words.
        filtered, personal: shares of the queries that ours answers with a filter, for a known shopper.
        facets: fields whose values ours counts for each query.
        k: answers a query.
        repeats, seconds: passes over the queries, of which the median counts, and the most that one may last.
        clients: numbers of threads that ask at once.
        recall: what dense engines have to reach; they are asked to try harder until they do.
        most_seconds: when an engine is given up, build included.
    """

    name: str
    generator: Literal["zipf"]
    seed: Annotated[int, Meta(ge=0)]
    sizes: Annotated[list[Annotated[int, Meta(ge=100, le=2_000_000)]], Meta(min_length=1)]
    tokens: Annotated[int, Meta(ge=4, le=200)] = 25
    vocabulary: Annotated[int, Meta(ge=1000, le=1_000_000)] = 60_000
    clusters: Count = 400
    dimension: Annotated[int, Meta(ge=4, le=4096)] = 256
    directions: Count | None = None
    queries: Annotated[int, Meta(ge=10, le=10_000)] = 400
    head: Share = 0.5
    filtered: Share = 0.25
    personal: Share = 0.5
    facets: tuple[str, ...] = ("brand", "color", "product_type")
    k: Count = 10
    repeats: Count = 3
    seconds: Annotated[float, Meta(gt=0)] = 2.0
    clients: tuple[Count, ...] = (1, 2, 8)
    recall: Share = 0.95
    most_seconds: Annotated[float, Meta(gt=0)] = 300.0

    def key(self, size: int) -> str:
        """The name of what is made of it at one size: other things made have another name.

        >>> one = Workload(name="a", generator="zipf", seed=1, sizes=[100])
        >>> one.key(100) == msgspec.structs.replace(one, repeats=9).key(100)
        True
        """
        making = self.generator, self.seed, self.tokens, self.vocabulary, self.clusters, self.dimension, self.directions
        asked = self.queries, self.head, self.filtered, self.personal
        made = hashlib.sha256(msgspec.json.encode((*making, *asked))).hexdigest()[:12]
        return f"{made}-{size}"


def read_workload(path: Path) -> Workload:
    """A workload from a file; a name without a folder or ending is one of those that come with the bench.

    Raises:
        BadInput: no such file, or something in it does not fit; the message names it.
    """
    found = FOLDER / f"{path}.json" if path.suffix == "" and path.parent == Path() else path
    try:
        workload = msgspec.json.decode(found.read_bytes(), type=Workload)
    except OSError as error:
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.json")))
        raise BadInput(f"No workload '{path}'. Those that come with the bench: {known}.", str(path)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{found} is no workload: {error}.", str(path)) from error
    if workload.sizes != sorted(set(workload.sizes)):
        raise BadInput(f"The sizes of {found} are not ascending.", "sizes")
    return workload
