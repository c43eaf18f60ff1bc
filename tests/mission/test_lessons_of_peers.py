"""What users of other engines ask for and complain of: thirty-seven threads, and the tests that answer each.

Every row has tests, or says which room will answer it and why not yet; rows may have both. A test is named by its file
under `tests/` and its name; that each exists is tested, and that each test of a lesson stands in the table.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
WORDS, RESULTS, RUNNING = (f"mission/test_lessons_{name}.py" for name in ("words", "results", "running"))
MISSION, RETRIEVAL, API = "mission/test_mission.py", "test_retrieval.py", "api/test_api.py"
EXPLAIN, COMPOUNDS = "rerank/test_explain.py", "index/test_compounds.py"
#: The rooms that answer what is not answered yet.
ROOMS = ("encoder", "personal", "operation", "understanding")


@dataclass(frozen=True, slots=True)
class Lesson:
    """One row: the threads, what follows for a server, the tests as (file, name), and what is left to which room."""

    threads: str
    follows: str
    tests: tuple[tuple[str, str], ...] = ()
    room: str = ""
    later: str = ""


def _of(file: str, *names: str) -> tuple[tuple[str, str], ...]:
    return tuple((file, name) for name in names)


LESSONS = {
    1: Lesson(
        "typesense#2486",
        "compounds on by default",
        _of(
            WORDS,
            "test_compounds_are_found_by_their_parts_without_any_setting_wherever_they_stand",
            "test_a_compound_that_no_product_holds_finds_what_its_head_names",
        ),
    ),
    2: Lesson(
        "charabia#367",
        "parts are words of the catalogue; no scraps; the whole word stays",
        _of(
            WORDS,
            "test_a_split_leaves_no_scraps",
            "test_a_compound_keeps_its_whole_and_is_marked_as_a_whole",
            "test_words_that_only_look_like_compounds_stay_whole",
        ),
    ),
    3: Lesson(
        "charabia#359, #360",
        "a regression set of German compounds",
        _of(
            WORDS,
            "test_feuchteschutz_is_feuchte_and_schutz_or_a_word",
            "test_german_compounds_are_split_as_people_split_them",
        ),
    ),
    4: Lesson(
        "OpenSearch#1279",
        "no dictionary: learned from the catalogue",
        _of(WORDS, "test_the_catalogue_is_the_dictionary"),
    ),
    5: Lesson(
        "shopware#15630",
        "an editable list of splits, live",
        _of(WORDS, "test_schraube_finds_terrassenschrauben_and_the_shops_own_list_is_obeyed")
        + _of(COMPOUNDS, "test_the_shops_list_lies_in_the_index_directory_or_where_the_setting_says")
        + _of("api/test_lists.py", "test_a_split_is_added_used_and_removed"),
    ),
    6: Lesson(
        "elasticsuite#2543",
        "never n-grams instead",
        _of(WORDS, "test_armoire_is_never_found_by_accessoire") + _of(COMPOUNDS, "test_a_split_is_no_n_gram"),
    ),
    7: Lesson(
        "typesense#887",
        "umlaut as typed, then ae/oe/ue, then folded; all found",
        _of(WORDS, "test_an_umlaut_as_typed_comes_before_transcribed_before_folded"),
    ),
    8: Lesson("lucene#11733", "ä is ae: Uber finds über", _of(WORDS, "test_uber_finds_ueber")),
    9: Lesson(
        "meilisearch#3999",
        "numbers are never fuzzy",
        _of(WORDS, "test_a_number_is_never_read_as_another", "test_beside_a_word_another_number_is_no_match_either"),
    ),
    10: Lesson(
        "typesense#278, #312, #262, #1555",
        "model numbers exactly or by their beginning, separators ignored",
        _of(
            WORDS,
            "test_a_model_number_finds_its_product_alone_whatever_its_separators",
            "test_another_model_number_finds_none",
            "test_a_word_with_a_digit_is_never_corrected",
            "test_the_beginning_of_a_model_number_finds_all_that_begin_so",
        ),
    ),
    11: Lesson(
        "meilisearch#1358, #6479",
        "no typo on top of a prefix; the edit is told",
        _of(
            WORDS,
            "test_a_beginning_that_is_shared_is_no_typo",
            "test_the_answer_says_which_word_was_read_as_which_and_how_far",
        ),
    ),
    12: Lesson(
        "typesense#886, #242, #298, #309",
        "exact before corrected; corrections know frequencies",
        _of(
            WORDS,
            "test_a_word_of_the_catalogue_is_no_typo_of_a_more_frequent_one",
            "test_of_two_readings_the_more_frequent_one_is_meant",
            "test_the_exact_word_stands_above_what_only_a_correction_would_find",
        ),
    ),
    13: Lesson(
        "typesense#1964",
        "each query finds how sure each leg is",
        _of(
            RESULTS,
            "test_a_leg_that_finds_badly_has_little_to_say",
            "test_where_the_words_find_well_the_other_leg_has_little_to_say",
        ),
    ),
    14: Lesson(
        "typesense#2162",
        "scores are fused, ties stay ties",
        _of(
            RESULTS,
            "test_products_with_equal_texts_tie_and_the_meaning_decides",
            "test_products_that_are_alike_in_everything_have_one_score",
        ),
    ),
    15: Lesson(
        "OpenMetadata#31967",
        "an exact name or number is locked at the top",
        _of(RESULTS, "test_an_exact_name_or_number_is_locked_at_the_top"),
    ),
    16: Lesson(
        "typesense#1811",
        "every hit has a calibrated score; one threshold",
        _of(RESULTS, "test_every_hit_has_a_calibrated_score_of_both_legs", "test_one_bar_holds_for_all_hits"),
    ),
    17: Lesson(
        "meilisearch#5952, #5972",
        "a stable set of candidates",
        _of(
            RESULTS,
            "test_what_nothing_answers_gets_no_pages_of_junk",
            "test_the_total_is_the_same_on_every_page",
            "test_the_same_words_written_otherwise_have_the_same_results",
        )
        + _of(RETRIEVAL, "test_the_candidate_set_is_fixed_once"),
    ),
    18: Lesson(
        "meilisearch#6590, #4494, #6326, #6342",
        "totals and facets over the same candidates",
        _of(RESULTS, "test_totals_and_facets_count_the_results_and_not_the_index")
        + _of(RETRIEVAL, "test_choosing_a_facet_value_leaves_as_many_hits_as_it_counted"),
    ),
    19: Lesson(
        "typesense#1714, typesense-instantsearch-adapter#172",
        "right facets with a vector query",
        _of(RESULTS, "test_a_query_that_only_vectors_answer_has_right_facets"),
    ),
    20: Lesson(
        "OpenSearch neural-search#280, #509, #422, #1258",
        "pages, facets and one hit a product in hybrid from the first day",
        _of(RESULTS, "test_pages_facets_and_one_hit_a_product_are_there_in_a_hybrid_search")
        + _of(RETRIEVAL, "test_pages_one_after_the_other_are_the_whole", "test_cursors_lead_through_the_whole"),
    ),
    21: Lesson(
        "typesense#1977",
        "filters only select, and cost no further search",
        _of(RESULTS, "test_a_filter_finds_what_is_far_behind_others", "test_a_filter_costs_no_further_scoring")
        + _of(RETRIEVAL, "test_a_filter_only_takes_away_and_changes_no_score"),
    ),
    22: Lesson(
        "typesense#1932",
        "vectors of queries are kept",
        _of(RESULTS, "test_a_querys_vector_is_made_once"),
        "encoder",
        "a faster encoder on the machine itself; the time of a first query is a figure, not a test",
    ),
    23: Lesson(
        "typesense#1507, #1214, marqo#451",
        "bounded embedding and bounded queues",
        _of(RUNNING, "test_texts_are_embedded_in_bounded_portions", "test_a_server_embeds_queries_only")
        + _of(API, "test_too_many_searches_are_told_to_come_back", "test_a_new_index_is_served_without_an_error"),
        "operation",
        "an embedding queue with a memory budget, once the server takes products itself",
    ),
    24: Lesson(
        "typesense#2996, #1276",
        "mapped indexes, an instant start",
        _of(RUNNING, "test_the_index_stays_on_disk_until_it_is_touched"),
        "operation",
        "a start that does not read every checksum first; its time and memory for millions of products",
    ),
    25: Lesson(
        "typesense#771",
        "clicks of everybody by query and product",
        room="personal",
        later="a click model, corrected for position; events keep query_id and position for it",
    ),
    26: Lesson(
        "typesense#1481",
        "suggestions from one's own searches",
        _of(RUNNING, "test_suggestions_know_nobody"),
        "personal",
        "suggestions from a shopper's own searches; today nobody's searches are in any suggestion",
    ),
    27: Lesson(
        "meilisearch#524, #4189, #4199",
        "a personal order, and boosts of documents",
        _of(
            MISSION,
            "test_m20_women_after_womens_products",
            "test_m21_past_preferences",
            "test_m41_an_event_is_in_the_next_request",
        )
        + _of("rerank/test_policies.py", "test_declared_terms_stay_within_their_bounds"),
    ),
    28: Lesson(
        "typesense#2075, #2304",
        "a personal order that is shipped, and that is visible",
        _of(MISSION, "test_m26_a_session_is_enough", "test_m33_the_dial")
        + _of(EXPLAIN, "test_every_hit_that_moved_has_a_reason_and_none_other_has"),
    ),
    29: Lesson(
        "meilisearch#1413, typesense#1208, #1251, #1809, #1972",
        "a log of queries with filters, positions and clicks",
        room="operation",
        later="a query log that keeps what was asked, filtered, shown and clicked, without people in it",
    ),
    30: Lesson(
        "typesense#2957, #59, #537",
        "a documented explanation",
        _of(RESULTS, "test_the_explanation_is_part_of_the_described_api")
        + _of(EXPLAIN, "test_the_parts_add_up_to_final")
        + _of(WORDS, "test_the_answer_says_which_word_was_read_as_which_and_how_far"),
    ),
    31: Lesson(
        "typesense#2728",
        "a synonym's match is worth as much as the word's own",
        _of(
            "test_synonyms.py",
            "test_a_synonym_counts_as_much_as_the_word",
            "test_both_in_one_product_count_as_one",
        ),
    ),
    32: Lesson(
        "typesense#2112",
        "at most so many of a brand",
        room="personal",
        later="diversity comes with the personal order's next steps",
    ),
    33: Lesson(
        "marqo#801, #422",
        "highlights in a search of both legs",
        _of(RESULTS, "test_words_are_highlighted_also_where_vectors_helped")
        + _of(COMPOUNDS, "test_the_found_compound_is_highlighted"),
    ),
    34: Lesson(
        "vespa#28487, #20388",
        "tastes are features like any other",
        _of(RUNNING, "test_tastes_are_named_numbers_beside_the_others_and_add_up"),
    ),
    35: Lesson(
        "metarank#1062, #1381",
        "priors from the first day",
        _of(RUNNING, "test_a_shop_without_any_event_has_an_order", "test_little_evidence_moves_little"),
        "personal",
        "segments as the prior of who is little known",
    ),
    36: Lesson(
        "OpenSearch#18383, search-relevance#489",
        "tests on live traffic, interleaving",
        _of(
            "eval/online/test_interleave.py",
            "test_every_position_is_as_often_one_teams_as_the_others",
            "test_a_better_ranker_wins_more_often",
        )
        + _of("eval/online/test_sequential.py", "test_false_positives_stay_under_alpha_however_long_it_runs"),
        "operation",
        "the server interleaves nothing by itself yet; logs are judged by tresen-eval",
    ),
    37: Lesson(
        "ubi#17",
        "session, device and person are three ids",
        _of(RUNNING, "test_a_visit_is_not_a_person") + _of("profiles/test_store.py", "test_leave_decides_what_is_read"),
        "personal",
        "the device is no id of its own yet",
    ),
}


@cache
def _tests_in(file: str) -> dict[str, str]:
    """Name -> docstring of a file's tests."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return {node.name: ast.get_docstring(node) or "" for node in functions if node.name.startswith("test_")}


def test_every_row_is_answered_or_says_by_whom_it_will_be():
    assert sorted(LESSONS) == list(range(1, 38))
    for number, lesson in LESSONS.items():
        assert lesson.tests or lesson.later, f"row {number} has no test and no reason"
        assert bool(lesson.room) == bool(lesson.later), f"row {number}: a room and what is left belong together"
        assert lesson.room in ("", *ROOMS), f"row {number}: no room '{lesson.room}'"


@pytest.mark.parametrize("number", LESSONS)
def test_every_test_that_a_row_names_exists(number):
    for file, name in LESSONS[number].tests:
        assert name in _tests_in(file), f"row {number}: {file} has no {name}"


@pytest.mark.parametrize("file", [WORDS, RESULTS, RUNNING])
def test_every_lesson_names_its_thread_and_stands_in_the_table(file):
    named = {name: lesson for lesson in LESSONS.values() for place, name in lesson.tests if place == file}
    for name, told in _tests_in(file).items():
        assert name in named, f"{file}: {name} belongs to no row"
        assert "#" in told.partition(":")[0], f"{file}: {name} does not open with a thread"
