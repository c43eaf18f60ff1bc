"""Judged queries are read whole, and a broken line is named with its file, line and reason.

1. Ids, texts and gains come back as written; empty lines and a byte-order mark do no harm.
2. Every broken line gives place = file:line and a sentence.
3. Queries without any relevant product are left out.
"""

import pytest

from eval.judged.qrels import read_qrels, read_queries, with_relevant
from search.errors import BadInput


@pytest.fixture
def written(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "lines.txt"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_queries_are_read_in_order(written):
    assert read_queries(written("q2\tRote Schuhe\n\nq1\tHose, 1,5 l\n")) == {"q2": "Rote Schuhe", "q1": "Hose, 1,5 l"}


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(written):
    assert read_queries(written("q1\tSchuhe\r\nq2\tHose\r\n", "utf-8-sig")) == {"q1": "Schuhe", "q2": "Hose"}


def test_a_line_separator_inside_a_text_is_no_new_line(written):
    assert list(read_queries(written("q1\tSchuhe\u2028rot\nq2\tHose\n"))) == ["q1", "q2"]


def test_qrels_are_read_by_query(written):
    assert read_qrels(written("q1 0 a 3\nq1\t0\tb\t0\nq2 0 a 1\n")) == {"q1": {"a": 3, "b": 0}, "q2": {"a": 1}}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("q3 Hose", "no tab"),
        ("\tHose", "id is empty"),
        ("q3\t ", "text is empty"),
        ("q1\tHose", "A second query with the id 'q1'"),
    ],
)
def test_a_broken_query_is_named_with_file_line_and_reason(written, line, reason):
    path = written(f"q1\tSchuhe\n{line}\n")
    with pytest.raises(BadInput, match=reason) as raised:
        read_queries(path)
    assert raised.value.place == f"{path}:2"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("q1 0 b", "this line has 3 parts"),
        ("q1 0 my product 1", "this line has 5 parts"),
        ("q1 0 b high", "'high' is no gain"),
        ("q1 0 b -1", "'-1' is no gain"),
        ("q1 0 b 0.5", "'0.5' is no gain"),
        ("q1 0 b 99", "whole numbers from 0 to 10"),
        ("q1 0 a 2", "A second judgement of product 'a' for query 'q1'"),
    ],
)
def test_a_broken_judgement_is_named_with_file_line_and_reason(written, line, reason):
    path = written(f"q1 0 a 3\n\n{line}\n")
    with pytest.raises(BadInput, match=reason) as raised:
        read_qrels(path)
    assert raised.value.place == f"{path}:3"


def test_a_missing_file_and_another_encoding_are_told(written, tmp_path):
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        read_qrels(tmp_path / "nothing.txt")
    with pytest.raises(BadInput, match="not UTF-8"):
        read_queries(written("q1\tMütze\n", "latin-1"))


def test_queries_without_any_relevant_product_are_left_out():
    assert with_relevant({"shoes": {"a": 1}, "unicorn": {"a": 0, "b": 0}, "nothing": {}}) == {"shoes": {"a": 1}}
