"""Settings: default < file < environment < flags, unknown names refused, every leaf explained."""

from pathlib import Path

import msgspec
import pytest

from search.errors import BadSettings
from search.settings import Settings, read_settings, settings_table
from search.settings_page import render_settings

ROOT = Path(__file__).parents[1]
NOTHING: dict[str, str] = {}


@pytest.fixture
def file(tmp_path):
    def written(text):
        path = tmp_path / "tresen.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


# --- which one wins --------------------------------------------------------------------------------


def test_without_anything_the_defaults_hold():
    assert read_settings(environ=NOTHING) == Settings()


def test_the_file_wins_over_the_default_the_environment_over_the_file_and_a_flag_over_all(file):
    path = file("[server]\nport = 9001\nthreads = 2\nqueue = 7\n")
    settings = read_settings(
        path, {"TRESEN_SERVER__PORT": "9002", "TRESEN_SERVER__THREADS": "3"}, {"server.port": 9003}
    )
    assert settings.server.port == 9003
    assert settings.server.threads == 3
    assert settings.server.queue == 7
    assert settings.server.host == Settings().server.host


def test_a_flag_that_was_not_given_changes_nothing():
    assert read_settings(environ={"TRESEN_PORT": "9002"}, flags={"server.port": None}).server.port == 9002


def test_the_newcomers_names_work():
    settings = read_settings(environ={"TRESEN_PORT": "9002", "TRESEN_HOST": "::1"})
    assert (settings.server.port, settings.server.host) == (9002, "::1")


def test_other_variables_of_the_environment_are_left_alone():
    environ = {"PATH": "/bin", "TRESEN_TEST_DEMO": "/tmp/x", "TRESEN": "1", "OTHER__PORT": "1"}
    assert read_settings(environ=environ) == Settings()


@pytest.mark.parametrize(
    ("key", "text", "section", "leaf", "value"),
    [
        ("TRESEN_SPELLING__ENABLED", "false", "spelling", "enabled", False),
        ("TRESEN_LEXICAL__K1", "1.2", "lexical", "k1", 1.2),
        ("TRESEN_ANALYSIS__LANGUAGES", "en,de", "analysis", "languages", ("en", "de")),
        ("TRESEN_ANALYSIS__LANGUAGES", "de", "analysis", "languages", ("de",)),
        ("TRESEN_SERVER__CORS_ORIGINS", "https://shop.example", "server", "cors_origins", ("https://shop.example",)),
        ("TRESEN_SERVER__CORS_ORIGINS", "", "server", "cors_origins", ()),
        ("TRESEN_PERSONAL__LEVELS", "kiosk=segment,web=all", "personal", "levels", ("kiosk=segment", "web=all")),
        ("TRESEN_DENSE__MODEL", "/models/a,b", "dense", "model", "/models/a,b"),
    ],
)
def test_the_environment_is_read_as_each_setting_needs_it(key, text, section, leaf, value):
    assert getattr(getattr(read_settings(environ={key: text}), section), leaf) == value


# --- what does not fit -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[server]\nprot = 1\n", "prot"),
        ("[sever]\nport = 1\n", "sever"),
        ("[server]\nport = 70000\n", "port"),
        ("[server]\nport = 'abc'\n", "port"),
        ("[lexical]\nb = 1.5\n", "lexical.b"),
        ("server = 5\n", "server"),
        ("server = \n", "cannot be read"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_and_the_place_named(file, text, told):
    with pytest.raises(BadSettings) as error:
        read_settings(file(text), NOTHING)
    assert told in error.value.message


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadSettings, match="nowhere.toml cannot be read"):
        read_settings(tmp_path / "nowhere.toml", NOTHING)


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"TRESEN_SERVER__PROT": "1"}, "prot"),
        ({"TRESEN_SEVER__PORT": "1"}, "sever"),
        ({"TRESEN_PORT": "many"}, "server.port"),
        ({"TRESEN_PORT": ""}, "server.port"),
        ({"TRESEN_SERVER__A__B": "1"}, "a.b"),
    ],
)
def test_an_environment_that_does_not_fit_is_refused_and_the_place_named(environ, told):
    with pytest.raises(BadSettings) as error:
        read_settings(environ=environ)
    assert told in error.value.message


def test_a_section_in_the_wrong_form_is_refused_with_a_variable_too(file):
    with pytest.raises(BadSettings, match="server"):
        read_settings(file("server = 5\n"), {"TRESEN_PORT": "9000"})


# --- what is told ----------------------------------------------------------------------------------


def test_every_setting_has_a_help_text_and_a_default_of_its_own_kind():
    for name, default, unit, help in settings_table():
        assert len(help) > 10, name
        assert help.rstrip().endswith((".", "…")), name
        assert isinstance(unit, str), name
        assert default is not msgspec.NODEFAULT, name


def test_every_setting_is_listed_once():
    names = [name for name, *_ in settings_table()]
    leaves = [
        f"{section.name}.{leaf.name}"
        for section in msgspec.structs.fields(Settings)
        for leaf in msgspec.structs.fields(section.type)
    ]
    assert names == leaves


def test_the_units_in_names_are_the_units_told():
    units = {
        "_ms": "ms",
        "_seconds": "s",
        "_bytes": "bytes",
        "_days": "days",
        "_minutes": "min",
        "_characters": "characters",
    }
    for name, _, told, _ in settings_table():
        for suffix, unit in units.items():
            if name.endswith(suffix):
                assert told == unit, name


def test_the_page_of_settings_is_the_generated_one():
    """`make docs` writes it."""
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == render_settings()


def test_some_leaves_can_be_changed_by_hand():
    changed = Settings().but(spelling={"enabled": False}, server={"port": 1})
    assert (changed.spelling.enabled, changed.server.port) == (False, 1)
    assert changed.server.host == Settings().server.host
