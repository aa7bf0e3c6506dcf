"""The comparison of many boxes: it says which box differs and how, and which report is not believed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.records import keys
from tests.attestation.made_up import FLEET_NONCE, box_report, fleet
from tests.sealed_daemon import cloister


def test_the_fleet_report_says_which_box_differs_and_how(tmp_path: Path, starter: Path) -> None:
    alike = [box_report(tmp_path, f"box{n}") for n in range(3)]
    done = fleet(starter, *alike)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("  -") == 3
    odd = box_report(tmp_path, "box9", code="bad0")
    done = fleet(starter, *alike, odd)
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.startswith("box9") and line.endswith("code")]
    assert '"code": "bad0"' in done.stdout and '"code": "c0de"' in done.stdout
    found = json.loads(cloister(starter, "fleet", "report", *alike, odd, "--json", "--nonce", FLEET_NONCE).stdout)
    assert [(d["line"], d["odd"]) for d in found["differences"]] == [("code", ["box9"])]


def test_one_model_file_that_differs_is_seen(tmp_path: Path, starter: Path) -> None:
    """The second of two files that serve one use."""
    alike = [box_report(tmp_path, f"box{n}") for n in range(3)]
    done = fleet(starter, *alike, box_report(tmp_path, "box9", b="b0  ear"))
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if line.startswith("box9") and line.endswith("models")]


def test_the_fleet_report_trusts_pinned_keys_alone(tmp_path: Path, starter: Path) -> None:
    good, forged = box_report(tmp_path, "one"), box_report(tmp_path, "two")
    (tmp_path / "two.pem").write_text((tmp_path / "one.pem").read_text())
    done = fleet(starter, good, forged)
    assert done.returncode == 1 and "was signed by" in done.stdout
    (tmp_path / "two.pem").unlink()
    assert "two.pem" in fleet(starter, good, forged).stdout, "no key is no trust"
    failing = box_report(tmp_path, "three", verdict="fail")
    done = fleet(starter, good, failing)
    assert done.returncode == 1 and "FAIL three: seccomp" in done.stdout


def test_a_box_that_did_not_report_is_named_once_however_many_keys_it_has(tmp_path: Path, starter: Path) -> None:
    good = box_report(tmp_path, "one")
    for name in ("one.seal", "one.tpm", "two", "two.seal"):
        (tmp_path / f"{name}.pem").write_text((tmp_path / "one.pem").read_text())
    assert "There are keys and no reports of: two\n" in fleet(starter, good).stdout


def test_two_boxes_of_one_name_are_two_rows(tmp_path: Path, starter: Path) -> None:
    """Three folders have one name. The failing report used to be overwritten by the last one."""
    good = box_report(tmp_path / "a", "kiosk")
    failing = box_report(tmp_path / "b", "kiosk", verdict="fail")
    another = box_report(tmp_path / "c", "kiosk")
    for files in ((good, failing, another), (failing, good, another), (good, another, failing)):
        done = cloister(starter, "fleet", "report", *files, "--nonce", FLEET_NONCE)
        rows = [line for line in done.stdout.splitlines() if re.match(r"\S+  2026", line)]
        assert [row.split()[0] for row in rows] == [str(file) for file in files]
        assert done.returncode == 1 and f"FAIL {failing}: seccomp" in done.stdout
    done = fleet(starter, good, failing, keys=good.parent)
    assert done.returncode == 1 and f"FAIL {failing}: was signed by" in done.stdout


def test_a_report_under_the_file_name_of_another_box_is_refused(tmp_path: Path, starter: Path) -> None:
    one = box_report(tmp_path, "one")
    (tmp_path / "two.json").write_text(one.read_text())
    (tmp_path / "two.pem").write_text((tmp_path / "one.pem").read_text())
    done = fleet(starter, one, tmp_path / "two.json")
    assert done.returncode == 1
    assert "two.json: is the report of one; it must lie in a file of that name" in done.stdout


def test_two_names_with_one_key_are_not_believed(tmp_path: Path, starter: Path) -> None:
    key = keys.SigningKey.from_pem(keys.generate("box-key"))
    done = fleet(starter, *(box_report(tmp_path, name, key=key) for name in ("one", "two")))
    assert done.returncode == 1 and done.stdout.count("its key is that of several boxes: one, two") == 2


def test_an_old_report_is_not_believed(tmp_path: Path, starter: Path) -> None:
    now = datetime.now(UTC)
    fresh = box_report(tmp_path, "fresh", at=(now - timedelta(hours=2)).isoformat())
    old = box_report(tmp_path, "old", at=(now - timedelta(hours=30)).isoformat())
    future = box_report(tmp_path, "future", at=(now + timedelta(hours=30)).isoformat())
    assert fleet(starter, fresh, nonce=None).returncode == 0
    done = fleet(starter, fresh, old, future, nonce=None)
    assert done.returncode == 1
    assert "FAIL " + str(old) + ": was taken 30 hours ago" in done.stdout and "in the future" in done.stdout
    assert cloister(starter, "fleet", "report", old, "--max-age", "31").returncode == 0
    asked = box_report(tmp_path, "asked", nonce="another word")
    done = fleet(starter, old, asked)
    assert done.returncode == 1 and "carries the nonce 'another word'" in done.stdout
    assert "old" in [line.split()[0] for line in done.stdout.splitlines()[1:2]], "a nonce shows that it is fresh"


def test_keys_of_boxes_without_a_report_are_named(tmp_path: Path, starter: Path) -> None:
    one, _ = box_report(tmp_path, "one"), box_report(tmp_path, "two")
    assert "no reports of: two" in fleet(starter, one).stdout
