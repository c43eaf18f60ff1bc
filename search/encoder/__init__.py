"""The encoders that come with the server. `search.embed` picks one by name."""
