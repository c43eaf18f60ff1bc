"""The files of the shop's own lists: whole or not at all, by several writers, live for whoever serves."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from search.errors import BadInput, BadRequest, NotFound, StoreUnavailable
from search.lists.files import ListFiles, make_split
from search.messages import CompoundIn, SearchRequest, SynonymIn
from search.settings import Analysis, Settings
from search.types import Identity
from search.words.synonyms import read_synonyms
from tests.stand_ins import build_shop, open_service

ROOT = Path(__file__).parents[1]


def files(home, **settings):
    return ListFiles(home, Analysis(**settings))


def add(home, line):
    return files(home).edit_synonyms(lambda now: [*now, *read_synonyms(line)])


def lines(home):
    return [entry.line for entry in files(home).read().all_synonyms]


def test_an_empty_directory_has_empty_lists(tmp_path):
    lists = files(tmp_path).read()
    assert lists.all_synonyms == ()
    assert lists.listed({"indexed": ("a", "b")}) == {"indexed": ("a", "b")}


def test_what_is_written_by_hand_is_never_written_over(tmp_path):
    text = "# ours\nhandy = smartphone  # they say so\n"
    (tmp_path / "synonyms.txt").write_text(text, encoding="utf-8")
    add(tmp_path, "pyjama => schlafanzug")
    assert (tmp_path / "synonyms.txt").read_text(encoding="utf-8") == text
    assert lines(tmp_path) == ["handy = smartphone", "pyjama => schlafanzug"]


def test_a_wrong_line_is_named_with_its_file(tmp_path):
    (tmp_path / "synonyms.txt").write_text("handy = smartphone\nhandy\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"synonyms\.txt cannot be read. Line 2, 'handy'") as told:
        files(tmp_path).read()
    assert told.value.place == str(tmp_path / "synonyms.txt")


def test_a_file_that_the_settings_name_has_to_be_there(tmp_path):
    with pytest.raises(BadInput, match=r"none\.txt"):
        files(tmp_path, synonyms_file=str(tmp_path / "none.txt")).read()
    (tmp_path / "ours.txt").write_text("a = b", encoding="utf-8")
    assert files(tmp_path, synonyms_file=str(tmp_path / "ours.txt")).read().all_synonyms


def test_the_stamp_differs_once_a_file_does(tmp_path):
    stamps = [files(tmp_path).stamp()]
    for name, text in (("synonyms.txt", "a = b"), ("compounds.txt", "ab = a b"), ("synonyms.txt", "a = c")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        stamps.append(files(tmp_path).stamp())
    add(tmp_path, "x = y")
    stamps.append(files(tmp_path).stamp())
    assert len(set(stamps)) == len(stamps)


def test_writers_at_the_same_time_lose_nothing(tmp_path):
    def write(name):
        for at in range(10):
            add(tmp_path, f"{name}{at} = other{name}{at}")

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines(tmp_path)) == 40


def test_another_process_waits_its_turn(tmp_path):
    code = (
        "import sys; from pathlib import Path; from tests.test_lists import add\n"
        "for at in range(10): add(Path(sys.argv[1]), f'p{at} = q{at}')"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT)
    for at in range(10):
        add(tmp_path, f"a{at} = b{at}")
    assert other.wait(60) == 0
    assert len(lines(tmp_path)) == 20


def test_a_writer_that_is_killed_leaves_the_old_list(tmp_path):
    add(tmp_path, "a = b")
    (tmp_path / "state" / "synonyms.new").write_text("half a li", encoding="utf-8")
    assert lines(tmp_path) == ["a = b"]
    add(tmp_path, "c = d")
    assert lines(tmp_path) == ["a = b", "c = d"]


def test_a_change_that_fails_changes_nothing(tmp_path):
    add(tmp_path, "a = b")

    def failing(now):
        raise BadRequest("no")

    with pytest.raises(BadRequest):
        files(tmp_path).edit_synonyms(failing)
    assert lines(tmp_path) == ["a = b"]


def test_a_list_has_an_end(tmp_path):
    with pytest.raises(BadInput, match="more than 5,000"):
        files(tmp_path).edit_splits(lambda now: {f"wort{at}": () for at in range(5_001)})


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "state").write_text("a file", encoding="utf-8")
    with pytest.raises(StoreUnavailable, match="cannot be written"):
        add(tmp_path, "a = b")


@pytest.mark.parametrize(("word", "parts"), [("", []), ("a b", []), ("ab", ["a"]), ("ab", ["a", "!"]), ("a=b", [])])
def test_what_is_no_split_is_refused(word, parts):
    with pytest.raises(ValueError, match="not one word|two to"):
        make_split(word, parts)


# --- served ---


def found(service, text):
    return {hit.id for hit in service.search(SearchRequest(q=text, correct=False), Identity()).hits}


def lexical(open_shop, **sections):
    return open_shop(dense={"least": 1.0}, relax={"enabled": False}, **sections)


def test_an_edit_counts_from_the_next_search_on(open_shop):
    service = lexical(open_shop)
    assert not found(service, "plattform")
    service.curator.add_synonym(SynonymIn("two-way", ["Plattform", "Toaster"]))
    assert found(service, "plattform") == {"toaster"}
    [entry] = service.curator.synonyms().synonyms
    service.curator.remove_synonym(entry.id)
    assert not found(service, "plattform")


def test_a_live_split_counts_from_the_next_search_on(open_shop):
    service = lexical(open_shop)
    assert "kettle" not in found(service, "kocher")
    service.curator.add_compound(CompoundIn("Wasserkocher", ["Wasser", "Kocher"]))
    assert found(service, "kocher") == {"kettle"}
    service.curator.remove_compound("Wasserkocher")
    assert "kettle" not in found(service, "kocher")


def test_edits_survive_a_restart_and_a_new_index(open_shop):
    service = lexical(open_shop)
    service.curator.add_synonym(SynonymIn("one-way", ["Plattform"], ["Toaster"]))
    service.curator.add_compound(CompoundIn("Wasserkocher", ["Wasser", "Kocher"]))
    service.close()
    settings = Settings().but(dense={"least": 1.0})
    with open_service(service.home, settings) as again:
        assert found(again, "plattform") == {"toaster"}
        assert found(again, "kocher") == {"kettle"}
        build_shop(service.home, settings)
        assert again.refresh() == 2
        assert found(again, "plattform") == {"toaster"}
        assert found(again, "kocher") == {"kettle"}


def test_an_edit_by_hand_is_noticed(open_shop):
    service = lexical(open_shop)
    assert not service.has_outdated_lists
    (service.home / "synonyms.txt").write_text("plattform => toaster\n", encoding="utf-8")
    assert service.has_outdated_lists
    service.reread_lists()
    assert not service.has_outdated_lists
    assert found(service, "plattform") == {"toaster"}


def test_a_wrong_edit_by_hand_leaves_the_old_list_and_is_told_once(open_shop):
    service = lexical(open_shop)
    service.curator.add_synonym(SynonymIn("one-way", ["Plattform"], ["Toaster"]))
    (service.home / "synonyms.txt").write_text("plattform\n", encoding="utf-8")
    with pytest.raises(BadInput, match="Line 1"):
        service.reread_lists()
    assert not service.has_outdated_lists
    assert found(service, "plattform") == {"toaster"}
    (service.home / "synonyms.txt").write_text("", encoding="utf-8")
    assert service.has_outdated_lists


def test_an_entry_by_hand_is_removed_by_hand(open_shop):
    service = lexical(open_shop)
    (service.home / "synonyms.txt").write_text("a = b\n", encoding="utf-8")
    [entry] = service.curator.synonyms().synonyms
    assert entry.source == "file"
    with pytest.raises(BadRequest, match="written by hand"):
        service.curator.remove_synonym(entry.id)
    with pytest.raises(NotFound):
        service.curator.remove_synonym("0" * 12)


def test_searches_see_the_old_list_or_the_new_one(open_shop):
    """Each edit moves both entries; no search ever finds by one of the two only."""
    service, seen, stop = lexical(open_shop), [], threading.Event()

    def search():
        while not stop.is_set():
            pipeline = service.generation.pipeline
            answers = [pipeline.search(SearchRequest(q=text, correct=False)) for text in ("plattform", "gestell")]
            seen.append(tuple(bool(answer.total) for answer in answers))

    thread = threading.Thread(target=search)
    thread.start()
    both = [SynonymIn("one-way", [word], ["Toaster"]) for word in ("plattform", "gestell")]
    for _ in range(15):
        service.curator.put_synonyms(both)
        service.curator.put_synonyms([])
    stop.set()
    thread.join()
    assert seen
    assert set(seen) <= {(True, True), (False, False)}


def test_lists_are_plain_text_that_reads_again(open_shop):
    service = lexical(open_shop)
    service.curator.put_synonyms([SynonymIn("two-way", ["B", "a"]), SynonymIn("one-way", ["x"], ["y"], "de")])
    written = (service.home / "state" / "synonyms.txt").read_text(encoding="utf-8")
    assert [entry.line for entry in read_synonyms(written)] == ["a = b", "de: x => y"]
