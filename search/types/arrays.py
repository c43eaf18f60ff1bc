"""The arrays that the rooms hand each other. A *row* is a product's position in one snapshot."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int32]
Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]
Vectors = NDArray[np.float32]
