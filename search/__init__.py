"""Tresen: semantic and personal site search for shops. See ARCHITECTURE.md for the house."""

__version__ = "0.1.0"
