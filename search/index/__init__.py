"""Segments and snapshots: postings, vectors, columns and documents. Never hears of a shopper."""
