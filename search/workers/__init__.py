"""Search processes beside the one that serves: they answer searches, it owns the state and all that is written."""
