"""The benchmark that reads py-spy's stacks: stages and functions of searches, and nothing else that a server did."""

import json

import pytest
from typer.testing import CliRunner

from eval.bench import profile
from search.errors import BadInput

SEARCH = "worker (anyio/thread.py:9);Pipeline.search (search/pipeline.py:180)"
STACKS = (
    "<module> (search/__main__.py:6);Runner.run (asyncio/runners.py:118) 70",
    " 19",
    f"{SEARCH};Pipeline._rank (search/pipeline.py:300);CandidateSet.__init__ (search/candidates.py:30);"
    "cached_property.__get__ (functools.py:1);Compared._near (search/index/compressed.py:90);search (faiss/x.py:5) 6",
    f"{SEARCH};<listcomp> (search/pipeline.py:189);Page.hit (search/answer/page.py:60);"
    "<listcomp> (search/answer/texts.py:160) 3",
    f"{SEARCH} 1",
)


def test_a_profile_tells_stages_and_functions_of_searches(tmp_path):
    stacks = tmp_path / "stacks.txt"
    stacks.write_text("\n".join(STACKS))
    result = CliRunner().invoke(profile.app, [str(stacks), "--most", "2", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "looks": 10,
        "stages": [
            {"where": "CandidateSet.__init__ (search/candidates.py)", "looks": 6, "share": 0.6},
            {"where": "Page.hit (search/answer/page.py)", "looks": 3, "share": 0.3},
            {"where": "1 others", "looks": 1, "share": 0.1},
        ],
        "functions": [
            {"where": "Compared._near (search/index/compressed.py)", "looks": 6, "share": 0.6},
            {"where": "<listcomp> (search/answer/texts.py)", "looks": 3, "share": 0.3},
            {"where": "1 others", "looks": 1, "share": 0.1},
        ],
    }
    shown = CliRunner().invoke(profile.app, [str(stacks)])
    assert shown.exit_code == 0, shown.output


@pytest.mark.parametrize(
    ("text", "told"), [("Runner.run (x.py:1) 7\nflame;graph\n", ":2"), ("Runner.run (x.py:1) 7\n", "no search")]
)
def test_what_is_no_profile_of_a_search_is_refused(tmp_path, text, told):
    stacks = tmp_path / "stacks.txt"
    stacks.write_text(text)
    error = CliRunner().invoke(profile.app, [str(stacks)]).exception
    assert isinstance(error, BadInput) and told in f"{error.place} {error.message}"
    gone = CliRunner().invoke(profile.app, [str(tmp_path / "none.txt")]).exception
    assert isinstance(gone, BadInput) and "cannot be read" in gone.message
