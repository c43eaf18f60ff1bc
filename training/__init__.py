"""How the encoder of our own is made: teachers, texts, vocabulary, fitting. Imports search, never the reverse."""
