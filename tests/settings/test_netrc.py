"""The netrc file: reading a key, and leaving everything else unchanged."""

from __future__ import annotations

import netrc as standard
import os
import stat
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.credentials import netrc
from wandb_nb.errors import StoreError

OTHERS = """# my servers
machine example.org login me password "two words"
machine git.example.org
\tlogin machine
\tpassword default
"""
TAIL = """macdef init
machine api.wandb.ai
password in-a-macro

default login anonymous password guest
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Return the path of the test's own netrc file."""
    path = tmp_path / "home" / "netrc"
    monkeypatch.setenv("NETRC", str(path))
    return path


def test_a_key_is_written_in_three_lines_for_its_owner_only(file):
    """The entry has the documented form and the file gets mode 0600, even if it was open before."""
    netrc.store("127.0.0.1:8099", "k1")
    assert file.read_text() == "machine 127.0.0.1:8099\n  login user\n  password k1\n"
    file.chmod(0o644)
    netrc.store("127.0.0.1:8099", "k2")

    assert file.read_text() == "machine 127.0.0.1:8099\n  login user\n  password k2\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [entry.name for entry in file.parent.iterdir()] == ["netrc"]


def test_a_port_makes_another_machine(file):
    """The same host with and without a port has two entries."""
    netrc.store("localhost:8080", "a")
    netrc.store("localhost", "b")

    assert file.read_text().count("machine") == 2
    assert (netrc.password("localhost:8080"), netrc.password("localhost")) == ("a", "b")
    assert netrc.password("localhost:9090") is None


def test_other_entries_stay_as_they_are(file):
    """Adding, changing and removing an entry leaves comments, macros, quoted words and the default in place."""
    file.parent.mkdir()
    file.write_text(OTHERS + TAIL)
    netrc.store("api.wandb.ai", "first")
    netrc.store("api.wandb.ai", "second")
    own = "machine api.wandb.ai\n  login user\n  password second\n"

    assert file.read_text() == own + OTHERS + TAIL
    assert netrc.password("api.wandb.ai") == "second"
    assert netrc.password("example.org") == "two words"
    assert netrc.password("git.example.org") == "default"
    assert netrc.remove("api.wandb.ai")
    assert not netrc.remove("api.wandb.ai")
    assert file.read_text() == OTHERS + TAIL


def test_repeated_entries_become_one(file):
    """A repeated entry, one line each, is replaced as a whole."""
    file.parent.mkdir()
    file.write_text("machine a login x password 1\nmachine b login y password 2\nmachine a login x password 3")
    netrc.store("a", "new")

    assert file.read_text() == "machine a\n  login user\n  password new\nmachine b login y password 2\n"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the netrc module of Python 3.10 does not read quoted words")
def test_the_standard_reader_agrees(file):
    """Python's own netrc reader finds the key, and the other entries as before."""
    file.parent.mkdir()
    file.write_text(OTHERS)
    netrc.store("api.wandb.ai", "k" * 40)
    entries = standard.netrc(str(file))

    assert entries.authenticators("api.wandb.ai") == ("user", "", "k" * 40)
    assert entries.authenticators("example.org") == ("me", "", "two words")


def test_a_missing_file_holds_no_key(file):
    """Without a file there is no key and nothing to remove, and reading does not create one."""
    assert netrc.password("api.wandb.ai") is None
    assert not netrc.remove("api.wandb.ai")
    assert not file.exists()


def test_a_link_stays_a_link(file, tmp_path):
    """A netrc file that links into another folder is written there."""
    real = tmp_path / "dotfiles"
    file.parent.mkdir()
    file.symlink_to(real)
    netrc.store("a", "k")

    assert file.is_symlink()
    assert "password k" in real.read_text()


def test_an_unusable_file_is_named(file):
    """A folder in place of the file raises StoreError with the path and another way to give the key."""
    file.mkdir(parents=True)

    with pytest.raises(StoreError, match="WANDB_API_KEY") as caught:
        netrc.store("a", "k")
    assert str(file) in str(caught.value)


words = st.sampled_from(
    [
        "machine",
        "login",
        "password",
        "default",
        "macdef",
        "account",
        "a",
        "api.wandb.ai",
        '"x y"',
        '"',
        "#",
        "\n",
        "\n\n",
        " ",
    ]
)


@given(st.lists(words, max_size=25).map(lambda tokens: " ".join(["machine z login y password x", *tokens])))
def test_any_file_keeps_its_words(tmp_path_factory, text):
    """Whatever follows a first entry, storing a key only adds an entry, which can be found and removed."""
    file = tmp_path_factory.mktemp("any") / "netrc"
    file.write_text(text)
    before = os.environ.get("NETRC")
    os.environ["NETRC"] = str(file)
    try:
        netrc.store("new.example", "first")
        netrc.store("new.example", "k")
        password, added = netrc.password("new.example"), file.read_text()
        removed, rest = netrc.remove("new.example"), file.read_text()
    finally:
        os.environ.pop("NETRC")
        if before is not None:
            os.environ["NETRC"] = before

    assert (password, removed, rest) == ("k", True, text)
    assert added == "machine new.example\n  login user\n  password k\n" + text
