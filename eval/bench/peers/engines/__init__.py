"""An engine a file. Each imports its library only when it builds, so that what is absent costs nobody anything."""
