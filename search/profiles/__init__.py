"""Events to decayed statistics to affinities; the store that keeps them; kiosks that forget them."""
