"""An index with another encoder's vectors ranks as one that was built with it; halves are halves."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.reencoded import reencoded
from search.index.build import build_snapshot
from search.index.fields import encoded_text
from search.index.snapshot import load_snapshot
from search.settings import Settings
from tests.encoder.tiny_model import write_tiny
from tests.stand_ins import StubEncoder


class Reversed(StubEncoder):
    """Reads texts from their end: another encoder of the same size."""

    name = "reversed"

    def _encode(self, texts):
        return super()._encode([text[::-1] for text in texts])


@pytest.fixture(scope="module")
def built(snapshot, tmp_path_factory):
    home = tmp_path_factory.mktemp("reversed")
    build_snapshot(list(snapshot.documents), home, Settings(), Reversed())
    return load_snapshot(home)


def test_vectors_noise_and_kinds_are_those_of_an_index_built_with_the_encoder(snapshot, built, tmp_path):
    made = reencoded(snapshot, Reversed(), tmp_path / "cache", "", lambda *_: None)
    np.testing.assert_array_equal(made.dense.vectors(), built.dense.vectors())
    assert made.dense.noise == built.dense.noise != snapshot.dense.noise
    assert made.manifest.model == "reversed"
    for language, kinds in built.kinds.items():
        assert made.kinds[language].labels == kinds.labels
        np.testing.assert_array_equal(made.kinds[language].names, kinds.names)


def test_texts_are_encoded_once_and_the_index_on_disk_stays_as_it_is(snapshot, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in snapshot.folder.rglob("*")}
    encoder = Reversed()
    for _ in range(2):
        reencoded(snapshot, encoder, tmp_path / "cache", "", lambda *_: None)
    assert encoder.documents == len(set(texts_of(snapshot)))
    assert before == {path: path.stat().st_mtime_ns for path in snapshot.folder.rglob("*")}


def texts_of(snapshot):
    built = snapshot.manifest
    return [encoded_text(each, built.analysis.languages, built.dense.max_characters) for each in snapshot.documents]


@pytest.fixture
def judged(snapshot, tmp_path):
    """Each product is asked for by its title."""
    products = list(snapshot.documents)
    titles = [next(iter(each.title.values())) for each in products]
    (tmp_path / "queries.tsv").write_text("".join(f"q{i}\t{title}\n" for i, title in enumerate(titles)))
    (tmp_path / "qrels.txt").write_text("".join(f"q{i} 0 {each.id} 3\n" for i, each in enumerate(products)))
    return ["--queries", str(tmp_path / "queries.tsv"), "--qrels", str(tmp_path / "qrels.txt")]


def run(*arguments):
    done = CliRunner().invoke(app, ["run", *map(str, arguments), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_another_encoder_is_named_and_measured_over_the_same_index(shop, judged, tmp_path):
    home, model = tmp_path / "home", tmp_path / "tiny"
    shutil.copytree(shop, home)
    write_tiny(model)
    found = run(home, *judged, "--encoder", model)
    assert found["made"]["index"]["model"] == str(model)
    assert "dense" in found["configurations"][0]["stages"] and not found["configurations"][0]["degraded"]


def test_the_two_halves_are_apart_and_together_all_queries(shop, judged, tmp_path):
    home = tmp_path / "lexical"
    shutil.copytree(shop, home)
    found = {
        half: {
            query["id"]
            for query in run(home, *judged, "--lexical-only", "--half", half)["configurations"][0]["queries"]
        }
        for half in ("fit", "report", "both")
    }
    assert found["fit"] and found["report"] and not found["fit"] & found["report"]
    assert found["fit"] | found["report"] == found["both"]


def test_an_experiments_file_says_half_and_encoder_itself(shop, tmp_path):
    path = tmp_path / "experiment.toml"
    path.write_text(f'index = "{shop}"\nqrels = "qrels.txt"\nhalf = "report"\nencoder = "x"\n')
    done = CliRunner().invoke(app, ["run", str(path), "--half", "fit", "--encoder", "y"])
    assert done.exit_code == 1
    path.write_text(f'index = "{shop}"\nqrels = "qrels.txt"\nhalf = "third"\n')
    done = CliRunner().invoke(app, ["run", str(path)])
    assert done.exit_code == 1
