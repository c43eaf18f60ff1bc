"""Judgements as a spreadsheet has them.

1. query, id and rating in any order of columns; the query by its text or by its id; an empty rating is none.
2. What is written is read back the same; TREC and CSV hold the same judgements.
3. Every broken line gives place = file:line and a sentence.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.judged.qrels import read_qrels, write_qrels, write_queries
from eval.judged.ratings import query_id, read_judgements, read_ratings, write_ratings
from search.errors import BadInput


@pytest.fixture
def written(tmp_path):
    def write(text, name="ratings.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_columns_go_by_their_names(written):
    path = written("docid;rating;query\na;3;rote Schuhe\nb;0;rote  schuhe\n")
    queries, qrels = read_ratings(path)
    assert list(queries.values()) == ["rote Schuhe"]
    assert qrels == {query_id("Rote Schuhe"): {"a": 3, "b": 0}}


def test_a_query_is_known_by_its_id_or_its_text(written):
    path = written('query,id,rating\nq1,a,3\n"Hose, lang",b,2.0\n')
    queries, qrels = read_ratings(path, {"q1": "Schuhe", "q2": "hose, lang"})
    assert qrels == {"q1": {"a": 3}, "q2": {"b": 2}}
    assert queries == {"q1": "Schuhe", "q2": "hose, lang"}


def test_an_empty_rating_is_no_judgement(written):
    assert read_ratings(written("query,id,rating\nx,a,\nx,b,1\n"))[1] == {query_id("x"): {"b": 1}}


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("", 1, "empty"),
        ("query,rating\n", 1, "No column 'id'"),
        ("query,id,rating\nx,a\n", 2, "2 cells"),
        ("query,id,rating\nx,a,gut\n", 2, "'gut' is no gain"),
        ("query,id,rating\nx,a,-1\n", 2, "'-1' is no gain"),
        ("query,id,rating\nx,a,1\nx,a,2\n", 3, "second judgement"),
        ("query,id,rating\n,a,1\n", 2, "query is empty"),
        ('query,id,rating\n"x"y,a,1\n', 2, "no CSV"),
    ],
)
def test_a_broken_line_is_named(written, text, line, told):
    path = written(text)
    with pytest.raises(BadInput, match=told) as caught:
        read_ratings(path)
    assert caught.value.place == f"{path}:{line}"


def test_qrels_need_the_texts_of_their_queries(written):
    with pytest.raises(BadInput, match="--queries"):
        read_judgements(None, written("q1 0 a 1\n", "qrels.txt"))


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1).filter(str.strip)


@given(
    st.dictionaries(
        TEXTS.map(query_id), st.dictionaries(st.from_regex("[a-z0-9]+", fullmatch=True), st.integers(0, 10), min_size=1)
    )
)
def test_csv_and_trec_hold_the_same_judgements(tmp_path_factory, qrels):
    folder = tmp_path_factory.mktemp("same")
    queries = {id: f"text of {id}" for id in qrels}
    write_ratings(folder / "r.csv", queries, qrels)
    write_qrels(folder / "qrels.txt", qrels)
    write_queries(folder / "queries.tsv", queries)
    assert read_qrels(folder / "qrels.txt") == qrels
    assert read_judgements(folder / "queries.tsv", folder / "r.csv") == (queries, qrels)
