"""The values that travel through the house, and the seams (Protocols) between its rooms.

Ground floor: imports nothing above. Values are frozen; those that hold arrays compare by identity.
A *row* is a product's position in one snapshot; an *id* is the shop's own string.
"""

from __future__ import annotations

from search.types.arrays import (
    Mask,
    Rows,
    Scores,
    Vectors,
)
from search.types.products import (
    AttributeValue,
    Product,
    Rejected,
    Variant,
)
from search.types.queries import (
    And,
    Clause,
    Correction,
    Effect,
    Filter,
    Instead,
    Near,
    Not,
    Or,
    Query,
    Relaxation,
    Sought,
    Stated,
    Step,
    SynonymKind,
    UsedSynonym,
    apply_corrections,
)
from search.types.rankings import (
    Candidates,
    Ranking,
)
from search.types.repeats import (
    Bought,
    Hazards,
    Purchases,
    Repeats,
    TypeRepeats,
)
from search.types.seams import (
    Corrector,
    Encoder,
    ProfileStore,
    Vocabulary,
)
from search.types.shoppers import (
    TASTES,
    Affinities,
    Appended,
    Consent,
    Counted,
    Decayed,
    Event,
    EventType,
    Identity,
    Link,
    Personalize,
    ProfileVersion,
    ReturnReason,
    SizesKept,
    Source,
    Taste,
    Traits,
)
from search.types.tastes import CrmTraits, StatedTastes, stated_together
from search.types.trends import Choices, Trends

__all__ = [
    "TASTES",
    "Affinities",
    "And",
    "Appended",
    "AttributeValue",
    "Bought",
    "Candidates",
    "Choices",
    "Clause",
    "Consent",
    "Correction",
    "Corrector",
    "Counted",
    "CrmTraits",
    "Decayed",
    "Effect",
    "Encoder",
    "Event",
    "EventType",
    "Filter",
    "Hazards",
    "Identity",
    "Instead",
    "Link",
    "Mask",
    "Near",
    "Not",
    "Or",
    "Personalize",
    "Product",
    "ProfileStore",
    "ProfileVersion",
    "Purchases",
    "Query",
    "Ranking",
    "Rejected",
    "Relaxation",
    "Repeats",
    "ReturnReason",
    "Rows",
    "Scores",
    "SizesKept",
    "Sought",
    "Source",
    "Stated",
    "StatedTastes",
    "Step",
    "SynonymKind",
    "Taste",
    "Traits",
    "Trends",
    "TypeRepeats",
    "UsedSynonym",
    "Variant",
    "Vectors",
    "Vocabulary",
    "apply_corrections",
    "stated_together",
]
