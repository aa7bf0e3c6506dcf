"""The order of an installation on a synthetic box: what is refused, what is switched, what is rolled back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.bundle import Cannot, Refused, WrongInput, consent, install
from appliance.bundle.install import confirm, roll_back, settle
from appliance.bundle.manifest import Target, this_box
from appliance.bundle.trust import Trust
from tests.bundle.synthetic import KEY, MADE, OTHER_KEY, Box, box, write


@pytest.fixture
def here(tmp_path: Path) -> Box:
    return Box(box(tmp_path / "box"))


def bring(here: Box, tmp_path: Path, version: int, **more: object) -> install.Outcome:
    bundle = write(tmp_path, version)
    return install.install(here.store, bundle, here.steps(), **more)  # type: ignore[arg-type]


def test_a_first_installation(here: Box, tmp_path: Path) -> None:
    outcome = bring(here, tmp_path, 7)
    assert (outcome.changed, outcome.version, outcome.slot, outcome.previous) == (True, 7, "a", None)
    assert here.runs() == 7 and here.started == [7]
    assert (tmp_path / "box/etc/cloister/site.yaml").read_text() == "name: Oak Hill\n"


def test_installing_the_same_version_again_changes_nothing(here: Box, tmp_path: Path) -> None:
    bring(here, tmp_path, 7)
    before = {path: path.lstat().st_mtime_ns for path in (tmp_path / "box").rglob("*")}
    assert not bring(here, tmp_path, 7).changed
    assert {path: path.lstat().st_mtime_ns for path in (tmp_path / "box").rglob("*")} == before
    assert here.started == [7]


def test_updates_take_turns_and_keep_the_site(here: Box, tmp_path: Path) -> None:
    bring(here, tmp_path, 7)
    (tmp_path / "box/etc/cloister/site.yaml").write_text("name: Ours\n")
    assert [bring(here, tmp_path, version).slot for version in (8, 9, 10)] == ["b", "a", "b"]
    assert here.runs() == 10
    assert (tmp_path / "box/etc/cloister/site.yaml").read_text() == "name: Ours\n"


def test_a_check_changes_nothing(here: Box, tmp_path: Path) -> None:
    assert bring(here, tmp_path, 7, check=True).changed
    assert here.runs() is None and not here.store.slots.exists()


def test_a_version_that_fails_its_test_is_never_run(here: Box, tmp_path: Path) -> None:
    bring(here, tmp_path, 7)
    here.mute.add(8)
    with pytest.raises(Refused, match="it said nothing"):
        bring(here, tmp_path, 8)
    assert here.runs() == 7 and here.started == [7]
    assert here.store.slot("b") is None and not here.store.path("b").exists()
    assert here.store.memory().floors["oakhill"].version == 7


def test_a_version_whose_service_does_not_come_up_is_taken_back(here: Box, tmp_path: Path) -> None:
    bring(here, tmp_path, 7)
    here.broken.add(8)
    with pytest.raises(Refused, match="version 7 runs again"):
        bring(here, tmp_path, 8)
    assert here.runs() == 7 and here.started == [7, 8, 7]
    assert here.store.memory().floors["oakhill"].version == 7
    assert bring(here, tmp_path, 9).changed and here.runs() == 9


def test_a_first_version_that_does_not_come_up_leaves_nothing(here: Box, tmp_path: Path) -> None:
    here.broken.add(7)
    with pytest.raises(Refused, match="as before"):
        bring(here, tmp_path, 7)
    assert here.runs() is None and here.store.current() is None


def test_a_rollback_runs_the_version_before(here: Box, tmp_path: Path) -> None:
    with pytest.raises(Cannot, match="nothing to go back to"):
        roll_back(here.store, here.steps())
    bring(here, tmp_path, 7)
    bring(here, tmp_path, 8)
    outcome = roll_back(here.store, here.steps())
    assert (outcome.version, outcome.previous, here.runs()) == (7, 8, 7)
    assert bring(here, tmp_path, 8).changed, "and forward again"
    assert here.runs() == 8


def test_an_old_bundle_is_refused(here: Box, tmp_path: Path) -> None:
    for version in (7, 8):
        bring(here, tmp_path, version)
    with pytest.raises(Refused, match="older than 8"):
        bring(here, tmp_path, 6)
    roll_back(here.store, here.steps())
    with pytest.raises(Refused, match="older than 8"):
        bring(here, tmp_path, 6)
    assert here.runs() == 7


def test_an_older_version_needs_a_consent_which_counts_once(here: Box, tmp_path: Path) -> None:
    bring(here, tmp_path, 7)
    bring(here, tmp_path, 9)
    given = tmp_path / "consent"
    given.write_bytes(consent.write("oakhill", 9, 8, consent.ANY, MADE, [KEY]))
    bring(here, tmp_path, 8, consent_file=given)
    assert here.runs() == 8
    bring(here, tmp_path, 9)
    with pytest.raises(Refused, match="already used"):
        bring(here, tmp_path, 8, consent_file=given)


@pytest.mark.parametrize(
    ("name", "highest", "to", "machine"),
    [
        *(("oakhill", 8, 8, "any"), ("oakhill", 9, 7, "any")),
        *(("oakhill", 9, 8, "another machine"), ("elmhill", 9, 8, "any")),
    ],
)
def test_a_consent_for_another_version(name: str, highest: int, to: int, machine: str, tmp_path: Path) -> None:
    here = Box(box(tmp_path / "box", KEY, OTHER_KEY))
    bring(here, tmp_path, 9)
    given = tmp_path / "consent"
    given.write_bytes(consent.write(name, highest, to, machine, MADE, [KEY]))
    with pytest.raises(Refused, match="the consent is for"):
        bring(here, tmp_path, 8, consent_file=given)
    assert here.runs() == 9


def test_every_byte_of_a_consent_counts(tmp_path: Path) -> None:
    good = consent.write("oakhill", 9, 8, consent.ANY, MADE, [KEY])
    given = tmp_path / "consent"
    given.write_bytes(good)
    assert consent.read(given, Trust((KEY.public(),))).to == 8
    for position in range(len(good)):
        bad = bytearray(good)
        bad[position] ^= 1
        given.write_bytes(bad)
        with pytest.raises(Refused):
            consent.read(given, Trust((KEY.public(),)))
    print(f"{len(good)} damaged consents refused")


def test_a_second_bundle_of_one_version_is_refused(here: Box, tmp_path: Path) -> None:
    bring(here, tmp_path, 7)
    other = Target(this_box().machine, this_box().python, "2.1")
    with pytest.raises(Refused, match="another bundle"):
        install.install(here.store, write(tmp_path, 7, target=other), here.steps())


def test_versions_are_counted_by_product_and_not_by_key(tmp_path: Path) -> None:
    """Otherwise an old bundle of an old key would be accepted once another key has signed newer ones."""
    here = Box(box(tmp_path / "box", KEY, OTHER_KEY))
    bring(here, tmp_path, 7)
    for version in (8, 9):
        install.install(here.store, write(tmp_path, version, OTHER_KEY), here.steps())
    with pytest.raises(Refused, match="older than 9"):
        bring(here, tmp_path, 7)
    with pytest.raises(Refused, match="was another bundle"):
        bring(here, tmp_path, 9)
    assert here.runs() == 9


def test_another_product_needs_consent(here: Box, tmp_path: Path) -> None:
    """The version numbers of two products do not say which is older."""
    bring(here, tmp_path, 7)
    other = write(tmp_path, 12, name="elmhill")
    with pytest.raises(Refused, match="this box has oakhill, and this is elmhill"):
        install.install(here.store, other, here.steps())
    given = tmp_path / "consent"
    given.write_bytes(consent.write("elmhill", 7, 12, consent.ANY, MADE, [KEY]))
    install.install(here.store, other, here.steps(), consent_file=given)
    assert here.runs() == 12
    assert bring(here, tmp_path, 8).changed, "what it had before, it may have again, no older than it was"
    with pytest.raises(Refused, match="older than 8"):
        bring(here, tmp_path, 6)


STATE = "var/lib/cloister-bundle/state.json"


def test_a_box_without_its_record_does_not_go_below_its_slots(here: Box, tmp_path: Path) -> None:
    """Only the record is gone. The slots are still there, and one of them is newer than what runs."""
    for version in (7, 9):
        bring(here, tmp_path, version)
    roll_back(here.store, here.steps())
    (tmp_path / "box" / STATE).unlink()
    with pytest.raises(Refused, match="older than 9"):
        bring(here, tmp_path, 8)
    assert here.runs() == 7
    assert bring(here, tmp_path, 10).changed


def test_a_box_that_counted_by_key_counts_by_product_now(here: Box, tmp_path: Path) -> None:
    """No product goes below the highest version of any key. From the next installation on, each has its own minimum."""
    bring(here, tmp_path, 7)
    record = tmp_path / "box" / STATE
    seen = json.loads(record.read_text())["floors"]["oakhill"]
    other = {"version": 9, "manifest_sha256": "0" * 64}
    record.write_text(json.dumps({"floors": {KEY.id: seen, OTHER_KEY.id: other}, "consents": ["1" * 64]}))
    with pytest.raises(Refused, match="older than 9"):
        bring(here, tmp_path, 8)
    with pytest.raises(Refused, match="another bundle"):
        bring(here, tmp_path, 9)
    assert bring(here, tmp_path, 10).changed
    memory = here.store.memory()
    assert (memory.floors["oakhill"].version, set(memory.floors), memory.consents) == (10, {"oakhill"}, ("1" * 64,))


@pytest.mark.parametrize(
    "record",
    [
        *('{"floors": 3}', "[]", "{", '{"format": 3, "floors": {}}', '{"format": 2, "floors": {}}'),
        '{"floors": {"x": {"version": "9", "manifest_sha256": "0"}}}',
        '{"format": 2, "floors": {}, "consents": [], "ended": [], "revocation": "1", "newest": ""}',
        '{"format": 2, "floors": {}, "consents": [], "ended": [], "revocation": 0, "newest": "", "more": 1}',
    ],
)
def test_a_damaged_record_stops_the_installation(record: str, here: Box, tmp_path: Path) -> None:
    bring(here, tmp_path, 7)
    (tmp_path / "box" / STATE).write_text(record)
    with pytest.raises(Cannot, match="damaged"):
        bring(here, tmp_path, 8)
    assert here.runs() == 7


@pytest.mark.parametrize(
    "target",
    [
        Target("riscv64", this_box().python, "2.1"),
        Target(this_box().machine, "3.7", "2.1"),
        Target(this_box().machine, this_box().python, "99.1"),
    ],
)
def test_a_bundle_for_another_kind_of_box_is_refused(target: Target, here: Box, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="made for"):
        install.install(here.store, write(tmp_path, 7, target=target), here.steps())


def test_a_box_without_a_trusted_key_installs_nothing(tmp_path: Path) -> None:
    here = Box(box(tmp_path / "box"))
    next((tmp_path / "box/etc/cloister/keys").iterdir()).unlink()
    with pytest.raises(Cannot, match="trusts nobody"):
        bring(here, tmp_path, 7)


def test_a_full_disk_is_noticed_before_anything_is_touched(
    here: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(here, tmp_path, 7)
    bring(here, tmp_path, 8)
    monkeypatch.setattr(type(here.store), "free", lambda _: 1_000_000)
    with pytest.raises(Cannot, match="nothing was changed"):
        bring(here, tmp_path, 9)
    assert here.runs() == 8 and here.store.slot("a") is not None, "there is still a version to go back to"


def test_one_installation_at_a_time(here: Box, tmp_path: Path) -> None:
    with here.store.locked(), pytest.raises(Cannot, match="another installation"):
        bring(here, tmp_path, 7)


def test_a_missing_bundle_is_an_error(here: Box, tmp_path: Path) -> None:
    with pytest.raises(WrongInput, match="no such bundle"):
        install.install(here.store, tmp_path / "nothing", here.steps())


class Killed(BaseException):
    """An installer that is killed at this point."""


def killed() -> bool:
    raise Killed


def half_way(here: Box, tmp_path: Path, version: int, *, by_others: bool = False) -> None:
    """Switch without checking the service, as a killed installer does, or one that leaves the check to others."""
    steps = replace(here.steps(), activate=killed, user="ann")
    if by_others:
        steps = replace(steps, activate=lambda: None, by_others=True)
    try:
        install.install(here.store, write(tmp_path, version), steps)
    except Killed:
        assert not by_others
    assert here.runs() == version and here.store.pending() is not None


def another_boot(here: Box) -> None:
    record = here.store.root / "var/lib/cloister-bundle/pending.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "boot": "another"}))


def test_an_unconfirmed_version_is_rolled_back(here: Box, tmp_path: Path) -> None:
    assert settle(here.store) is None
    bring(here, tmp_path, 7)
    assert settle(here.store) is None and here.runs() == 7
    half_way(here, tmp_path, 8)
    outcome = settle(here.store)
    assert outcome is not None and (outcome.version, outcome.previous) == (7, 8)
    assert here.runs() == 7 and here.store.slot("b") is None
    assert settle(here.store) is None
    with pytest.raises(Cannot, match="nothing to go back to"):
        roll_back(here.store, here.steps())
    assert bring(here, tmp_path, 8).changed and here.runs() == 8 and settle(here.store) is None, "it may be tried again"


def test_a_first_version_cannot_be_rolled_back(here: Box, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        install.install(here.store, write(tmp_path, 7), replace(here.steps(), activate=killed))
    assert settle(here.store) is None and here.runs() == 7


def test_another_program_must_confirm_before_the_next_boot(here: Box, tmp_path: Path) -> None:
    bring(here, tmp_path, 7)
    half_way(here, tmp_path, 8, by_others=True)
    assert settle(here.store) is None and here.runs() == 8, "the start that they asked for"
    assert not bring(here, tmp_path, 8).changed, "it waits for them, too, when it is installed again"
    assert confirm(here.store, here.steps()).changed
    assert not confirm(here.store, here.steps()).changed
    half_way(here, tmp_path, 9, by_others=True)
    another_boot(here)
    assert settle(here.store) is not None and here.runs() == 8, "nobody did before the box was started again"


def test_the_next_installation_rolls_an_unconfirmed_version_back(here: Box, tmp_path: Path) -> None:
    bring(here, tmp_path, 7)
    half_way(here, tmp_path, 8)
    here.started.clear()
    assert bring(here, tmp_path, 9).previous == 7
    assert here.started == [7, 9], "what may run from the spare slot is stopped before that is filled"
    half_way(here, tmp_path, 10, by_others=True)
    assert roll_back(here.store, here.steps()).version == 9 and settle(here.store) is None


def test_the_history_has_every_installation_and_rollback(here: Box, tmp_path: Path) -> None:
    steps = replace(here.steps(), user="ann")
    install.install(here.store, write(tmp_path, 7), steps)
    install.install(here.store, write(tmp_path, 7), steps)  # it changes nothing, so there is nothing to record
    here.mute.add(8)
    for version, refusal in ((8, "it said nothing"), (6, "older than 7")):
        with pytest.raises(Refused, match=refusal):
            install.install(here.store, write(tmp_path, version), steps)
    install.install(here.store, write(tmp_path, 9), steps)
    roll_back(here.store, steps)
    half_way(here, tmp_path, 10)
    settle(here.store)
    told = here.store.history()
    assert {entry["user"] for entry in told if entry["event"] != "bundle taken back"} == {"ann"}
    assert [(e["event"].removeprefix("bundle "), e.get("from"), e.get("to"), e.get("outcome")) for e in told] == [
        ("installation begun", None, 7, None),
        ("installed", None, 7, "came up"),
        ("installation begun", 7, 8, None),
        ("refused", None, None, None),
        ("refused", None, None, None),
        ("installation begun", 7, 9, None),
        ("installed", 7, 9, "came up"),
        ("rollback begun", 9, 7, None),
        ("rolled back", 9, 7, "came up"),
        ("installation begun", 7, 10, None),
        ("taken back", 10, 7, None),
    ]
    history = tmp_path / "box/var/lib/cloister-bundle/history.jsonl"
    history.write_bytes(history.read_bytes()[:-5])
    here.store.record("bundle installed")
    assert [entry["event"] for entry in here.store.history()][-2:] == ["damaged", "bundle installed"]
