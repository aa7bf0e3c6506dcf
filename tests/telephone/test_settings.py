"""The telephone's file: what it must be, with lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.cli.main import main
from appliance.config.reader import ConfigError
from appliance.telephone.settings import load_telephone

GOOD = "door: /run/cloister/calls.sock\nlisten: 10.20.0.5:5060\nexchange: 10.20.0.1\nuser: reception\n"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("", None),
        ("person: {address: 'sip:200@pbx.example:5070'}", None),
        ("person: {keys: '*2200'}", None),
        ("codecs: [alaw]\ncalls: 30\ntransport: tcp\nauth_user: box-7\nrtp_from: 30000\ndrain_s: 0", None),
        ("listen: 10.20.0.6:5060", ":5: listen: is given twice"),
        ("person: {}", ":5: person: name an `address` or `keys`, and not both"),
        ("person: {address: 'sip:200@pbx', keys: '1'}", ":5: person: name an `address` or `keys`, and not both"),
        ("person: {address: '200'}", ":5: person.address: '200' must be a SIP address"),
        ("person: {address: \"sip:2@pbx\\nX: y\"}", ":5: person.address"),
        ("person: {keys: 'call'}", ":5: person.keys: 'call' must be keys of a telephone"),
        ("codecs: []", "`codecs` must name one"),
        ("codecs: [opus]", ":5: codecs[0]: 'opus'"),
        ("calls: 0", ":5: calls: must be from 1 to 200, not 0"),
        ("caller_number: true", ":5: caller_number: there is no such field"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_line(tmp_path: Path, more: str, problem: str | None) -> None:
    file = tmp_path / "telephone.yaml"
    file.write_text(GOOD + more + "\n")
    if problem is None:
        assert load_telephone(file).user == "reception"
        assert main(["telephone", "--check", str(file)]) == 0
        return
    with pytest.raises(ConfigError) as wrong:
        load_telephone(file)
    assert problem in str(wrong.value)


@pytest.mark.parametrize(
    ("listen", "wrong"),
    [
        ("127.0.0.1:5060", None),
        ("'[::1]:5060'", None),
        ("0.0.0.0:5060", "would listen on every network"),
        ("'[::]:5060'", "would listen on every network"),
        ("pbx:5060", "must be an IP address"),
        ("10.20.0.5", "must be an IP address"),
        ("10.20.0.5:0", "is no port"),
        ("10.20.0.5:sip", "is no port"),
    ],
)
def test_it_listens_at_one_address_of_its_own(tmp_path: Path, listen: str, wrong: str | None) -> None:
    file = tmp_path / "telephone.yaml"
    file.write_text(GOOD.replace("10.20.0.5:5060", listen))
    if wrong is None:
        assert load_telephone(file).listen == listen.strip("'")
    else:
        with pytest.raises(ConfigError, match=wrong):
            load_telephone(file)


@pytest.mark.parametrize(("held", "right"), [("word\n", True), ("", False), ('"\n', False), ("a\nb\n", False)])
def test_a_password_is_one_line_of_a_file(tmp_path: Path, held: str, right: bool) -> None:
    file = tmp_path / "telephone.yaml"
    file.write_text(f"{GOOD}password_file: password\n")
    (tmp_path / "password").write_text(held)
    if right:
        assert load_telephone(file).password == "word"
    else:
        with pytest.raises(ConfigError, match="must hold one line") as wrong:
            _ = load_telephone(file).password
        assert "a\n" not in str(wrong.value)


def test_the_operators_example_can_be_read(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "systemd/OPERATOR.md").read_text(encoding="utf-8")
    example = next(block for block in page.split("```text\n")[1:] if block.startswith("door:")).split("```")[0]
    (tmp_path / "telephone.yaml").write_text(example)
    assert load_telephone(tmp_path / "telephone.yaml").exchange == "10.20.0.1"
