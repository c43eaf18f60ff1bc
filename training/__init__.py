"""How the encoder of our own is made: teachers, texts, vocabulary, fitting, export. Imports search, never the reverse."""
