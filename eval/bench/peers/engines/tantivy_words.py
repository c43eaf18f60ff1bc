"""tantivy: inverted lists in blocks, of which most are skipped (block-max WAND), in Rust."""

from __future__ import annotations

from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine
from search.types import Vectors

HEAP_BYTES, THREADS = 400_000_000, 2


class Tantivy(Engine):
    """One field without positions; any of the words may match."""

    kind = "lexical"

    def build(self, catalogue: Catalogue) -> None:
        """Write documents and wait for the merges."""
        import tantivy

        self._tantivy = tantivy
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("id", stored=True, indexed=True, fast=True)
        builder.add_text_field("t", tokenizer_name="whitespace", index_option="freq")
        self._schema = builder.build()
        index = tantivy.Index(self._schema, path=str(self.folder))
        writer = index.writer(HEAP_BYTES, THREADS)
        for row, text in enumerate(catalogue.texts()):
            writer.add_document(tantivy.Document(id=row, t=text))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """Its top k without counting all."""
        api = self._tantivy
        words = (api.Query.term_query(self._schema, "t", word, index_option="freq") for word in text.split())
        asked = api.Query.boolean_query([(api.Occur.Should, word) for word in words])
        hits = self._searcher.search(asked, k, count=False).hits
        return [self._searcher.doc(address)["id"][0] for _, address in hits]
