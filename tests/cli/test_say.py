"""Texts without any word to say."""

import pytest

from tests.cli.command import cloister


@pytest.mark.parametrize("text", ["", "  ", "...", "?!"])
def test_nothing_to_say_is_wrong_input(starter, text):
    done = cloister("say", text, "--config", starter)
    assert done.returncode == 2
    assert "nothing to say" in done.stderr and "Traceback" not in done.stderr
