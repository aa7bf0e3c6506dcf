"""Quotes and sealed keys by a real TPM 2.0 in software (swtpm), and attacks by a forger without it."""

from __future__ import annotations

import base64
import hashlib
import os
import select
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.attestation.check import Look
from appliance.attestation.checks import CHECKS
from appliance.attestation.proc import Process
from appliance.attestation.reading import read_report
from appliance.attestation.report import Report, as_json, verify_quote, with_quote
from appliance.config.box import load_settings
from appliance.core.ports import PortError
from appliance.records import keys, tpm
from tests.sealed_daemon import cloister, configure, serving

pytestmark = pytest.mark.skipif(
    any(shutil.which(name) is None for name in ("swtpm", "tpm2_quote", "systemd-creds")),
    reason="needs a TPM in software: apt-get install swtpm tpm2-tools systemd",
)

NONCE = hashlib.sha256(b"of an auditor").digest()


class SoftwareTpm:
    """One TPM with its memory in a folder. The folder's name must be short, since it is the address of a socket."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tpm"))
        self.where = f"swtpm:path={self.folder}/socket"
        self.switch_on()

    def switch_on(self) -> None:
        """Start swtpm, whose `--daemon` returns when it listens."""
        subprocess.run(
            [
                *("swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.folder}", "--daemon"),
                *("--server", f"type=unixio,path={self.folder}/socket", "--flags", "not-need-init,startup-clear"),
                *("--ctrl", f"type=unixio,path={self.folder}/socket.ctrl", "--pid", f"file={self.folder}/pid"),
            ],
            check=True,
            capture_output=True,
        )

    def switch_off(self) -> None:
        process = os.pidfd_open(int((self.folder / "pid").read_text()))
        subprocess.run(["swtpm_ioctl", "--unix", self.folder / "socket.ctrl", "-s"], check=True, capture_output=True)
        # The process is not our child. A descriptor that becomes readable tells its end.
        assert select.select([process], [], [], 60)[0], "the TPM does not end"
        os.close(process)

    def throw_away(self) -> None:
        self.switch_off()
        shutil.rmtree(self.folder)

    def run(self, *command: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "TPM2TOOLS_TCTI": self.where}
        done = subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True, check=check)
        # No kernel manages the few object slots of this TPM for us.
        for kind in ("-t", "-l", "-s"):
            subprocess.run(["tpm2_flushcontext", kind], env=environment, check=False, capture_output=True)
        return done

    def boot_another(self) -> None:
        """Extend the registers as another boot loader would, or as with Secure Boot switched off."""
        self.run("tpm2_pcrextend", "7:sha256=" + "ab" * 32)


@pytest.fixture
def chip(monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftwareTpm]:
    made = SoftwareTpm()
    monkeypatch.setenv("TPM2TOOLS_TCTI", made.where)
    yield made
    made.throw_away()


@pytest.fixture
def other() -> Iterator[SoftwareTpm]:
    made = SoftwareTpm()
    yield made
    made.throw_away()


def test_a_quote_is_verified_with_the_pinned_key(chip: SoftwareTpm, other: SoftwareTpm) -> None:
    pinned = tpm.public_key()
    evidence = tpm.quote(NONCE)
    found = tpm.check(evidence, NONCE, pinned)
    assert evidence["key"] == pinned and set(found.pcrs) == {str(pcr) for pcr in tpm.PCRS}
    with pytest.raises(ValueError, match="another report or nonce"):
        tpm.check(evidence, hashlib.sha256(b"of another").digest(), pinned)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TPM2TOOLS_TCTI", other.where)
        theirs = tpm.quote(NONCE)
    tpm.check(theirs, NONCE)  # the control: it is a good quote
    with pytest.raises(ValueError, match="by the TPM whose key was pinned"):
        tpm.check(theirs, NONCE, pinned)
    with pytest.raises(ValueError, match="by the TPM whose key was pinned"):
        tpm.check({**theirs, "key": pinned}, NONCE, pinned)


def test_other_values_than_were_quoted_are_found(chip: SoftwareTpm) -> None:
    before = tpm.quote(NONCE)
    chip.boot_another()
    after = tpm.quote(NONCE)
    assert before["pcrs"]["7"] != after["pcrs"]["7"]
    with pytest.raises(ValueError, match="other values of the PCRs"):
        tpm.check({**after, "pcrs": before["pcrs"]}, NONCE)
    with pytest.raises(ValueError, match="does not cover the PCRs"):
        tpm.check({**after, "pcrs": {"7": after["pcrs"]["7"]}}, NONCE)


def test_independent_programs_verify_the_same_quote(chip: SoftwareTpm, tmp_path: Path) -> None:
    """openssl and tpm2_checkquote verify the quote without our code, and both refuse a changed one."""
    evidence = tpm.quote(NONCE)
    (tmp_path / "key.pem").write_text(evidence["key"])
    (tmp_path / "signature").write_bytes(base64.b64decode(evidence["signature"]))
    quoted = base64.b64decode(evidence["quoted"])
    for content, good in ((quoted, True), (quoted[:-1] + b"\0", False)):
        (tmp_path / "quoted").write_bytes(content)
        by_openssl = "openssl dgst -sha256 -verify key.pem -signature signature quoted".split()
        by_tools = f"tpm2_checkquote -u key.pem -m quoted -s signature -g sha256 -q {NONCE.hex()}".split()
        for command in (by_openssl, by_tools):
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
            assert (done.returncode == 0) is good, done.stderr


def test_the_key_stays_until_the_tpm_is_cleared_and_counts_boots(chip: SoftwareTpm) -> None:
    pinned, first = tpm.public_key(), tpm.check(tpm.quote(NONCE), NONCE)
    chip.run("tpm2_shutdown", "-c")
    chip.switch_off()
    chip.switch_on()
    assert tpm.public_key() == pinned
    second = tpm.check(tpm.quote(NONCE), NONCE, pinned)
    assert second.resets == first.resets + 1 and second.clock_ms >= first.clock_ms
    assert chip.run("tpm2_changeeps", check=False).returncode == 0
    assert tpm.public_key() != pinned


def test_root_cannot_have_the_key_sign_a_quote_of_their_own(chip: SoftwareTpm) -> None:
    """A restricted key signs only what the TPM made, and no digest from outside or text that looks like a quote. As a
    control it signs another text that the TPM hashed itself and that is no quote."""
    chip.run("tpm2_createprimary", "-Q", *tpm._KEY, "-a", tpm._ATTRIBUTES, "-c", "key", "-f", "pem", "-o", "pem")
    forged = base64.b64decode(tpm.quote(NONCE)["quoted"]).replace(NONCE, hashlib.sha256(b"x").digest())
    for name, content, possible in (("forged", forged, False), ("text", b"harmless", True)):
        (chip.folder / name).write_bytes(content)
        chip.run("tpm2_hash", "-C", "e", "-g", "sha256", "-o", "digest", "-t", "ticket", name)
        told = ("-c", "key", "-g", "sha256", "-s", "ecdsa", "-d", "-f", "plain", "-o", f"{name}.signed")
        chip.run("tpm2_createprimary", "-Q", *tpm._KEY, "-a", tpm._ATTRIBUTES, "-c", "key")
        done = chip.run("tpm2_sign", "-Q", *told, "-t", "ticket", "digest", check=False)
        assert (done.returncode == 0) is possible, done.stderr
    signed = base64.b64encode((chip.folder / "text.signed").read_bytes()).decode()
    evidence = {**tpm.quote(NONCE), "quoted": base64.b64encode(b"harmless").decode(), "signature": signed}
    with pytest.raises(ValueError, match="is no quote"):
        tpm.check(evidence, NONCE)


@pytest.fixture(scope="module")
def quoted() -> Iterator[dict[str, object]]:
    made = SoftwareTpm()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TPM2TOOLS_TCTI", made.where)
        yield tpm.quote(NONCE)
    made.throw_away()


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.floats(0, 1), bit=st.integers(0, 7), name=st.sampled_from(["quoted", "signature"]))
def test_no_flipped_bit_goes_unnoticed(position: float, bit: int, name: str, quoted: dict[str, object]) -> None:
    content = bytearray(base64.b64decode(str(quoted[name])))
    content[min(int(position * len(content)), len(content) - 1)] ^= 1 << bit
    with pytest.raises(ValueError, match=r"quote|signed"):
        tpm.check({**quoted, name: base64.b64encode(content).decode()}, NONCE)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary().map(lambda b: b.hex()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["key", "quoted", "signature", "pcrs"]), value=VALUES)
def test_malformed_evidence_is_refused(name: str, value: object, quoted: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        tpm.check({**quoted, name: value}, NONCE)
    with pytest.raises(ValueError):
        tpm.check({other: kept for other, kept in quoted.items() if other != name}, NONCE)


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda rest: b"\xffTCG\x80\x18" + rest))
def test_any_bytes_that_a_stolen_key_signed_get_a_verdict(content: bytes) -> None:
    """The parser runs after the signature check, but it must be safe without one."""
    try:
        tpm._parse(content)
    except (ValueError, struct.error):
        return


# --- keys ---------------------------------------------------------------------------------------------------------


def opens(credential: bytes, where: str) -> bool:
    command = ["systemd-creds", "decrypt", "--name=box-key", f"--tpm2-device={where}", "-", "-"]
    return subprocess.run(command, input=credential, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(os.getuid() != 0, reason="only root has the machine's secret")
def test_a_sealed_key_opens_on_this_box_as_it_was_booted(chip: SoftwareTpm, other: SoftwareTpm, tmp_path: Path) -> None:
    credential = tpm.seal_credential("box-key", b"secret")
    (tmp_path / "credential").write_bytes(credential)
    assert tpm.binding(tmp_path / "credential") == "the TPM and a secret on this disk"
    for _ in range(2):
        chip.run("true")
        assert opens(credential, chip.where)
    chip.run("true")
    assert not opens(credential, other.where), "the disk in another machine"
    chip.boot_another()
    assert not opens(credential, chip.where), "another system on this machine"


@pytest.mark.skipif(os.getuid() != 0, reason="only root has the machine's secret")
def test_without_a_tpm_a_key_is_sealed_with_a_secret_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TPM2TOOLS_TCTI", raising=False)
    monkeypatch.setattr(tpm, "DEVICE", tmp_path / "none")
    (tmp_path / "credential").write_bytes(tpm.seal_credential("box-key", b"secret"))
    assert tpm.transport() is None and tpm.binding(tmp_path / "credential") == "a secret on this disk"
    (tmp_path / "credential").write_text("something else")
    assert tpm.binding(tmp_path / "credential") is None and tpm.binding(tmp_path / "absent") is None


def test_a_tpm_that_does_not_answer_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TPM2TOOLS_TCTI", f"swtpm:path={tmp_path}/nothing")
    with pytest.raises(PortError, match="tpm2_createprimary: "):
        tpm.quote(NONCE)
    monkeypatch.setattr(tpm, "_PROGRAMS", str(tmp_path))
    with pytest.raises(PortError, match="is not installed"):
        tpm.quote(NONCE)


@pytest.mark.skipif(os.getuid() != 0, reason="only root has the machine's secret")
def test_a_box_key_is_sealed_and_its_copy_destroyed(
    chip: SoftwareTpm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configure(tmp_path)
    monkeypatch.setattr(tpm, "CREDENTIALS", tmp_path / "credstore")
    assert cloister(config, "keys", "make", "box-key").returncode == 0
    before = keys.load_box_key(tmp_path / "state").public.fingerprint
    done = cloister(config, "keys", "seal", "box-key")
    assert done.returncode == 0 and "opened by the TPM and a secret on this disk" in done.stdout, done.stderr
    sealed = tmp_path / "credstore" / "cloister.box-key"
    assert not (tmp_path / "state" / "keys" / "box-key").exists() and sealed.stat().st_mode & 0o777 == 0o600
    chip.run("true")
    opened = chip.run("systemd-creds", "decrypt", "--name=box-key", f"--tpm2-device={chip.where}", sealed, "-").stdout
    assert keys.SigningKey.from_pem(opened).public.fingerprint == before, "the box is the same"
    assert "not overwritten" in cloister(config, "keys", "seal", "box-key").stderr
    assert "needs the name of a key" in cloister(config, "keys", "seal").stderr
    assert "the TPM and a secret" in cloister(config, "keys", "show").stdout


# --- attestations -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(os.getuid() != 0, reason="only root may look into a process that is not dumpable")
def test_a_report_is_bound_to_its_tpm_and_to_what_was_booted(
    chip: SoftwareTpm, other: SoftwareTpm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configure(tmp_path)
    pem, first, second, stolen = (tmp_path / name for name in ("tpm.pem", "1.json", "2.json", "3.json"))
    with serving(config):
        assert cloister(config, "keys", "public", "tpm-key", "-o", pem).returncode == 0
        assert cloister(config, "attest", "-o", first, "--nonce", "auditor 17").returncode == 0
        chip.run("true")
        chip.boot_another()
        assert cloister(config, "attest", "-o", second, "--nonce", "auditor 18").returncode == 0
        monkeypatch.setenv("TPM2TOOLS_TCTI", other.where)
        assert cloister(config, "attest", "-o", stolen, "--nonce", "auditor 17").returncode == 0

    def verified(report: Path, *more: str | Path) -> tuple[int, str]:
        done = cloister(config, "attest", "verify", report, "--tpm-key", pem, *more)
        return done.returncode, done.stdout

    assert verified(first, "--nonce", "auditor 17")[0] == 0
    assert verified(second, "--nonce", "auditor 18")[0] == 0, "control: by itself it is good"
    code, said = verified(second, "--booted-like", first)
    assert code == 1 and "another system was booted" in said and said.strip().endswith("PCR 7")
    assert verified(first, "--booted-like", first)[0] == 0
    # The attacker uses the box key on another machine, which has a TPM as well.
    code, said = verified(stolen)
    assert code == 1 and "pinned" in said
    # Root has the box key. Root changes a verdict after the TPM has signed, or uses an old quote for a new nonce.
    key = keys.load_box_key(tmp_path / "state")
    report = read_report(keys.open_signed(first.read_text()).text)
    assert next(line for line in report.lines if line.id == "tpm").verdict == "ok"
    better = tuple(replace(line, verdict="ok") if line.verdict == "warn" else line for line in report.lines)
    assert better != report.lines
    without = tuple(line for line in report.lines if line.id != "tpm")
    for forged in (replace(report, lines=better), replace(report, nonce="auditor 19"), replace(report, lines=without)):
        first.write_text(key.sign(as_json(forged)))
        by_the_key_alone = cloister(config, "attest", "verify", first).returncode
        assert (by_the_key_alone == 0) is (forged.lines != without), "control: the box key vouches for it"
        assert verified(first)[0] == 1
    assert "give its key" in cloister(config, "attest", "verify", first, "--booted-like", second).stderr
    pem.write_text("no key")
    assert verified(second)[0] == 1


@pytest.mark.skipif(os.getuid() != 0, reason="only root may look into a process that is not dumpable")
def test_a_box_without_a_tpm_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TPM2TOOLS_TCTI", raising=False)
    monkeypatch.setattr(tpm, "DEVICE", tmp_path / "none")
    config = configure(tmp_path)
    look = Look(Process(os.getpid()), {}, {}, {}, config, load_settings(config), config)
    line = CHECKS["tpm"].line(look)
    assert line.verdict == "warn" and line.evidence["note"] == "there is no TPM"
    report = Report({"host": "h", "machine": "m", "key": "k"}, "now", "", "0", (line,))
    assert with_quote(report) == report
    with pytest.raises(ValueError, match="is no quote of a TPM"):
        verify_quote(report, "")
    monkeypatch.setenv("TPM2TOOLS_TCTI", f"swtpm:path={tmp_path}/nothing")
    silent = with_quote(replace(report, lines=(CHECKS["tpm"].line(look),)))
    assert silent.lines[0].verdict == "unknown" and "tpm2_createprimary" in silent.lines[0].evidence["error"]
