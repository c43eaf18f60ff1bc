"""A run goes to a TREC file and comes back; its scores keep the order for any tool that sorts by score."""

import numpy as np
import pytest

from eval.judged.runs import falling_scores, read_run, write_run
from search.errors import BadInput

RUN = {"q1": ["b", "a", "c"], "q2": ["ä-1"]}


def test_a_run_comes_back_as_written(tmp_path):
    write_run(tmp_path / "served.run", RUN, "tresen")
    assert read_run(tmp_path / "served.run") == RUN


def test_the_file_is_trec(tmp_path):
    write_run(tmp_path / "served.run", RUN, "tresen")
    assert (tmp_path / "served.run").read_text().splitlines()[0] == "q1 Q0 b 1 3 tresen"


def test_the_scores_of_the_longest_ranking_stay_apart_in_float32():
    scores = list(falling_scores([f"p{i}" for i in range(100_000)]).values())
    assert (np.diff(np.array(scores, np.float32)) < 0).all()


def test_another_engines_run_is_ordered_by_score(tmp_path):
    (tmp_path / "other.run").write_text("q1 Q0 a 1 0.5 x\nq1 Q0 b 2 0.9 x\nq1 Q0 c 3 0.5 x\n")
    assert read_run(tmp_path / "other.run") == {"q1": ["b", "a", "c"]}


def test_a_broken_line_is_named(tmp_path):
    path = tmp_path / "broken.run"
    path.write_text("q1 Q0 a 1 0.5 x\nq1 Q0 b 2 high x\n")
    with pytest.raises(BadInput, match="query Q0 product rank score tag") as raised:
        read_run(path)
    assert raised.value.place == f"{path}:2"


def test_an_id_with_white_space_is_refused(tmp_path):
    with pytest.raises(BadInput, match="'my product'.*white space"):
        write_run(tmp_path / "served.run", {"q1": ["my product"]}, "tresen")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("q1 Q0 a 1 nan x\n", "'nan' is no number"),
        ("q1 Q0 a 1 2 x\nq1 Q0 a 2 1 x\n", "'a' stands twice"),
        ("\n", "empty"),
        (b"\xff\x00", "not UTF-8"),
    ],
)
def test_what_cannot_be_ordered_is_refused(tmp_path, text, told):
    path = tmp_path / "bad.run"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadInput, match=told) as raised:
        read_run(path)
    assert raised.value.place.startswith(str(path))


def test_a_missing_run_is_named(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        read_run(tmp_path / "missing.run")


def test_a_run_that_cannot_be_written_is_an_error_of_ours(tmp_path):
    write_run(tmp_path / "new" / "served.run", RUN, "tresen")  # the folder is made
    with pytest.raises(BadInput, match="cannot be written"):
        write_run(tmp_path, RUN, "tresen")
