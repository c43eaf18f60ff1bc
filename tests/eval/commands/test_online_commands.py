"""`tresen-eval interleave` and `logs` on files: when there is a verdict, and when there is none."""

import json

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.documents import Interleave, Logs, read_document
from eval.online.interleave import team_draft
from search.errors import BadInput

A, B = list("abcdef"), list("gbahij")


def invoke(*arguments):
    answered = CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "200"})
    if answered.exception and not isinstance(answered.exception, SystemExit):
        raise answered.exception
    return answered.stdout


def document(tmp_path, *arguments):
    invoke(*arguments, "--out", tmp_path / "out.json")
    return read_document(tmp_path / "out.json")


def write(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def session(n, b=B, wanted=None):
    """Somebody clicks the product of the wanted team that stands highest; without one, every second product."""
    ids, teams = team_draft(A, b, f"r{n}")
    clicked = ids[n % len(ids)] if wanted is None else ids[teams.index(wanted)]
    return {"key": f"r{n}", "a": A, "b": b, "events": [{"product_id": clicked, "type": "click"}]}


@pytest.fixture
def ab(tmp_path):
    return write(tmp_path / "ab.jsonl", [session(n, wanted="b") for n in range(60)])


def test_an_ab_has_no_verdict_before_an_aa(ab, tmp_path):
    found = document(tmp_path, "interleave", ab)
    assert isinstance(found, Interleave)
    assert found.verdict.startswith("No verdict. Run an A/A first")
    assert (found.wins_b, found.p_always_valid, found.path, found.share_b) == (60, None, [], None)


def test_a_short_aa_does_not_vouch_a_long_fair_one_does(ab, tmp_path):
    short = write(tmp_path / "short.jsonl", [session(n, b=A) for n in range(50)])
    fair = write(tmp_path / "fair.jsonl", [session(n, b=A) for n in range(1_400)])
    assert "The A/A is too short: 50" in document(tmp_path, "interleave", ab, "--aa", short).verdict
    found = document(tmp_path, "interleave", ab, "--aa", fair)
    assert found.verdict.startswith("B wins") and found.aa_sessions == 1_400
    assert found.p_always_valid == found.path[-1] < 0.05
    assert document(tmp_path, "interleave", "--aa", fair).verdict.startswith("A/A passed")


def test_an_unfair_aa_forbids_a_verdict(ab, tmp_path):
    unfair = write(tmp_path / "unfair.jsonl", [session(n, b=A, wanted="a") for n in range(1_400)])
    found = document(tmp_path, "interleave", ab, "--aa", unfair)
    assert "found a winner among equals" in found.verdict and found.p_always_valid is None


def test_personal_against_anonymous_where_most_lists_are_the_same(tmp_path):
    lines = [session(n, b=A) for n in range(200)] + [session(n, wanted="b") for n in range(200, 260)]
    found = document(tmp_path, "interleave", write(tmp_path / "log.jsonl", lines), "--aa-done")
    assert (found.identical_lists, found.ties, found.wins_b) == (200, 200, 60)
    assert found.verdict.startswith("B wins")


def test_the_winner_is_who_led_when_the_rule_stopped(tmp_path):
    lines = [session(n, wanted="a" if n < 40 else "b") for n in range(82)]
    found = document(tmp_path, "interleave", write(tmp_path / "log.jsonl", lines), "--aa-done")
    assert found.wins_b > found.wins_a
    assert found.verdict.startswith("A wins")


def test_few_sessions_go_on(tmp_path):
    log = write(tmp_path / "log.jsonl", [session(n, wanted="b") for n in range(3)])
    told = invoke("interleave", log, "--aa-done")
    assert "No winner yet" in told and "55/45" in told and "783" in told


def test_the_proof(tmp_path):
    found = document(
        tmp_path, "interleave", "--prove", "--runs", 60, "--sessions", 1_500, "--effects", "0.6", "--seed", 3
    )
    assert found.false_positive_runs == 60
    assert found.false_positives <= 0.1 and 0 < found.exact_false_positives < 0.05
    assert found.power[0].found > 0.95


def test_the_proof_takes_real_rankings(ab, tmp_path):
    for name, ranked in (("a", A), ("b", B)):
        rows = [f"q{n} Q0 {id} {at} {9 - at} {name}\n" for n in range(3) for at, id in enumerate(ranked)]
        (tmp_path / f"{name}.run").write_text("".join(rows))
    few = ["--runs", 20, "--sessions", 300, "--effects", "0.55"]
    runs = ["--run-a", tmp_path / "a.run", "--run-b", tmp_path / "b.run"]
    assert document(tmp_path, "interleave", "--prove", *runs, *few).power
    assert document(tmp_path, "interleave", ab, "--prove", *few).power


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Nothing to count"),
        (["--prove", "--effects", "0.5"], "no effects"),
        (["--prove", "--run-a", "x"], "both --run-a and --run-b"),
        (["--aa-done", "--credit", "click"], "no credit"),
    ],
)
def test_interleave_errors_say_what_to_do(arguments, says):
    with pytest.raises(BadInput, match=says):
        invoke("interleave", *arguments)


def impressions(n):
    """Every answer shows x above y; only y is ever clicked."""
    return [
        {"query_id": "q", "request": f"r{at}", "product_id": id, "position": rank, "clicked": int(id == "y" and at % 2)}
        for at in range(n)
        for rank, id in enumerate("xy", 1)
    ]


def test_the_target_that_lifts_what_is_clicked_earns_more(tmp_path):
    (tmp_path / "new.run").write_text("q Q0 y 1 2 new\nq Q0 x 2 1 new\n")
    log = write(tmp_path / "log.jsonl", impressions(300))
    found = document(tmp_path, "logs", log, "--target", tmp_path / "new.run")
    assert isinstance(found, Logs)
    assert (found.impressions, found.requests, found.logged) == (600, 300, 0.25)
    assert found.estimates[0].value.mean == pytest.approx(0.25 * 2**0.7)
    assert found.verdict == "The target earns more than what was logged."
    assert "The target earns more" in invoke("logs", log, "--target", tmp_path / "new.run")


def test_few_impressions_have_no_verdict_and_say_how_many_more(tmp_path):
    (tmp_path / "new.run").write_text("q Q0 y 1 2 new\nq Q0 x 2 1 new\n")
    found = document(tmp_path, "logs", write(tmp_path / "log.jsonl", impressions(30)), "--target", tmp_path / "new.run")
    assert found.verdict.startswith("No verdict: the effective sample size is 50")
    assert found.more_impressions == pytest.approx(180, abs=5)
