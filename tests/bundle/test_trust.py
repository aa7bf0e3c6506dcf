"""The keys that a box trusts: key rotation, lists of revoked bundles and keys, several signatures, a last day."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.bundle import BundleError, Cannot, Refused, builder, consent, install, signing, statement, trust
from appliance.bundle.install import accept, roll_back
from appliance.bundle.signing import SecretKey
from appliance.bundle.trust import Revocation, Trust
from tests.bundle.synthetic import KEY, MADE, OTHER_KEY, Box, box, write

THIRD_KEY = SecretKey("00112233445566AA", bytes(range(64, 96)))


@pytest.fixture
def here(tmp_path: Path) -> Box:
    return Box(box(tmp_path / "box"))


@pytest.fixture
def both(tmp_path: Path) -> Box:
    return Box(box(tmp_path / "box", KEY, OTHER_KEY))


def put(tmp_path: Path, content: bytes, name: str = "statement") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def rotate(here: Box, tmp_path: Path, old: SecretKey, new: SecretKey, made: str = MADE) -> str:
    return accept(here.store, put(tmp_path, trust.write_rotation(old, new.public(), made)), "ann")


def revoke(here: Box, tmp_path: Path, number: int, signers: tuple[SecretKey, ...], **what: frozenset[str]) -> str:
    revoked = Revocation(number, what.get("keys", frozenset()), what.get("bundles", frozenset()), MADE)
    return accept(here.store, put(tmp_path, trust.write_revocation(revoked, signers)), "ann")


def bring(here: Box, bundle: Path) -> install.Outcome:
    return install.install(here.store, bundle, here.steps())


def demand(here: Box, text: str) -> None:
    (here.store.keys / "threshold").write_text(text)


# --- one key follows another ----------------------------------------------------------------------------------------


def test_a_rotation_ends_the_old_key(here: Box, tmp_path: Path) -> None:
    bring(here, write(tmp_path, 7))
    with pytest.raises(Refused, match="does not trust"):
        bring(here, write(tmp_path, 8, OTHER_KEY))
    assert OTHER_KEY.id in rotate(here, tmp_path, KEY, OTHER_KEY)
    with pytest.raises(Refused, match=f"{KEY.id}, which ended when the key {OTHER_KEY.id} followed it"):
        bring(here, write(tmp_path, 9))
    bring(here, write(tmp_path, 8, OTHER_KEY))
    assert here.runs() == 8
    roll_back(here.store, here.steps())
    assert here.runs() == 7, "what was accepted once goes on running"
    told = here.store.history()
    assert [entry["event"] for entry in told if "statement" in entry["event"]] == ["bundle statement accepted"]
    assert told[1]["user"] == "" and {entry.get("what") for entry in told} >= {
        f"the key {OTHER_KEY.id} follows {KEY.id}"
    }


def test_a_successor_key_can_be_rotated_too(here: Box, tmp_path: Path) -> None:
    for old, new in ((KEY, OTHER_KEY), (OTHER_KEY, THIRD_KEY)):
        rotate(here, tmp_path, old, new)
    assert [key.id for key in here.store.trust().keys] == [THIRD_KEY.id]
    # Without the .pub file that was written beside them, the statements alone prove the whole chain.
    for path in here.store.keys.glob("*.pub"):
        if path.stem != KEY.id:
            path.unlink()
    assert [key.id for key in here.store.trust().keys] == [THIRD_KEY.id]


def test_a_key_that_ended_stays_ended(here: Box, tmp_path: Path) -> None:
    """The record of the box still knows when the .pub file is put back or the statement is removed."""
    rotate(here, tmp_path, KEY, OTHER_KEY)
    (here.store.keys / f"{KEY.id}.rotation").unlink()
    with pytest.raises(Refused, match="ended"):
        bring(here, write(tmp_path, 7))
    assert [key.id for key in here.store.trust().keys] == [OTHER_KEY.id]


def test_a_key_has_one_successor(both: Box, tmp_path: Path) -> None:
    """Otherwise a stolen key could name two successors and give two of the signatures that a box demands."""
    demand(both, "2\n")
    rotate(both, tmp_path, KEY, THIRD_KEY)
    with pytest.raises(Refused, match=r"ended .* cannot name another"):
        rotate(both, tmp_path, KEY, SecretKey("11" * 8, bytes(32)))
    with pytest.raises(Refused, match="cannot follow"):
        rotate(both, tmp_path, OTHER_KEY, KEY)
    with pytest.raises(Refused, match="would leave 1"):
        rotate(both, tmp_path, OTHER_KEY, THIRD_KEY)
    assert {key.id for key in both.store.trust().keys} == {OTHER_KEY.id, THIRD_KEY.id}


def test_a_successor_cannot_take_the_id_of_another_key(both: Box, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"id .* of another key"):
        rotate(both, tmp_path, KEY, SecretKey(OTHER_KEY.id, bytes(range(1, 33))))
    (both.store.keys / "z.pub").write_text(SecretKey(OTHER_KEY.id, bytes(32)).public().text())
    with pytest.raises(BundleError, match="of another key"):
        both.store.trust()


def wrong_rotations() -> Iterator[tuple[str, bytes]]:
    good = {"from": KEY.id, "made": MADE, "to": OTHER_KEY.public().line()}
    yield "itself", trust.write_rotation(KEY, KEY.public(), MADE)
    yield "for another key", statement.write({**good, "from": OTHER_KEY.id}, trust.ROTATION, [KEY])
    yield "by a stranger", statement.write({**good, "from": THIRD_KEY.id}, trust.ROTATION, [THIRD_KEY])
    yield "by a stranger in its name", statement.write(good, trust.ROTATION, [SecretKey(KEY.id, bytes(32))])
    yield "by two", statement.write(good, trust.ROTATION, [KEY, OTHER_KEY])
    yield "signed as something else", statement.write(good, consent.SIGNED_AS, [KEY])
    yield "no key", statement.write({**good, "to": "RWQ"}, trust.ROTATION, [KEY])
    yield "a key of another kind", statement.write({**good, "to": "A" * 56}, trust.ROTATION, [KEY])
    yield "no date", statement.write({**good, "made": "soon"}, trust.ROTATION, [KEY])


@pytest.mark.parametrize(
    ("what", "content"), list(wrong_rotations()), ids=lambda value: value if type(value) is str else ""
)
def test_rotations_that_are_refused(what: str, content: bytes, here: Box, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        accept(here.store, put(tmp_path, content), "ann")
    assert [key.id for key in here.store.trust().keys] == [KEY.id], what
    assert here.store.history()[-1]["event"] == "bundle statement refused"


# --- lists of what is revoked ---------------------------------------------------------------------------------------


def test_a_revoked_bundle_is_neither_installed_nor_gone_back_to(here: Box, tmp_path: Path) -> None:
    for version in (7, 8):
        bring(here, write(tmp_path, version))
    seventh = here.store.slot("a")
    assert seventh is not None and seventh.version == 7
    revoke(here, tmp_path, 1, (KEY,), bundles=frozenset({seventh.manifest_sha256}))
    with pytest.raises(Refused, match="version 7 was revoked"):
        roll_back(here.store, here.steps())
    assert here.runs() == 8
    given = put(tmp_path, consent.write("oakhill", 8, 7, consent.ANY, MADE, [KEY]), "consent")
    with pytest.raises(Refused, match="version 7 was revoked"):
        install.install(here.store, write(tmp_path, 7), here.steps(), consent_file=given)
    bring(here, write(tmp_path, 9))


def test_a_revoked_key_signs_nothing_new_and_proves_what_is_there(both: Box, tmp_path: Path) -> None:
    bring(both, write(tmp_path, 7))
    revoke(both, tmp_path, 1, (OTHER_KEY,), keys=frozenset({KEY.id}))
    for made in (write(tmp_path, 8), write(tmp_path, 8, OTHER_KEY, cosigned=(KEY,))):
        with pytest.raises(Refused, match=f"{KEY.id}, which was revoked"):
            bring(both, made)
    given = put(tmp_path, consent.write("oakhill", 7, 6, consent.ANY, MADE, [KEY]), "consent")
    with pytest.raises(Refused, match="was revoked"):
        consent.read(given, both.store.trust())
    with pytest.raises(Refused, match="was revoked"):
        rotate(both, tmp_path, KEY, THIRD_KEY)
    from appliance.bundle import archive

    slot = archive.Directory(both.store.path("a"))
    manifest, _ = archive.read_manifest(slot, both.store.trust(), installed=True)
    assert manifest.version == 7, "the appliance goes on talking until a new bundle comes"
    bring(both, write(tmp_path, 8, OTHER_KEY))
    with pytest.raises(Refused, match="was revoked"):
        roll_back(both.store, both.steps())


def test_a_revocation_list_with_a_lower_number_is_refused(both: Box, tmp_path: Path) -> None:
    revoke(both, tmp_path, 3, (KEY,), keys=frozenset({"00" * 8}))
    kept = both.store.keys / trust.REVOKED
    content = kept.read_bytes()
    for number in (1, 3):
        with pytest.raises(Refused, match="this box has list 3"):
            revoke(both, tmp_path, number, (KEY,))
    assert kept.read_bytes() == content
    old = trust.write_revocation(Revocation(2, made=MADE), [KEY])
    for spoil in (kept.unlink, lambda: kept.write_bytes(old), lambda: kept.write_bytes(content[:-3] + b"\n")):
        kept.write_bytes(content)
        spoil()
        with pytest.raises(Cannot, match="revoked: "):
            bring(both, write(tmp_path, 7))
    kept.write_bytes(content)
    assert revoke(both, tmp_path, 4, (KEY,)) == "revocation list 4: 0 keys, 0 bundles"
    assert bring(both, write(tmp_path, 7)).changed


def test_a_list_leaves_enough_keys(both: Box, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="would leave 0"):
        revoke(both, tmp_path, 1, (KEY,), keys=frozenset({KEY.id, OTHER_KEY.id}))
    demand(both, "2")
    with pytest.raises(Refused, match="signed by 1 of the 2"):
        revoke(both, tmp_path, 1, (KEY,))
    with pytest.raises(Refused, match="would leave 1"):
        revoke(both, tmp_path, 1, (KEY, OTHER_KEY), keys=frozenset({KEY.id}))
    assert revoke(both, tmp_path, 1, (KEY, OTHER_KEY))


@pytest.mark.parametrize(
    "wrong",
    [
        *({"number": 0}, {"number": True}, {"number": 2**60}, {"number": "1"}, {"number": 1.0}),
        *({"keys": ["x"]}, {"keys": [KEY.id.lower()]}, {"keys": ["FF" * 8, "00" * 8]}, {"keys": ["00" * 8] * 2}),
        *({"keys": [1]}, {"keys": [["00" * 8]]}, {"keys": {}}, {"bundles": ["0" * 63]}, {"bundles": None}),
        *({"made": "2026-13-01"}, {"more": 1}),
    ],
    ids=str,
)
def test_a_wrong_list_is_refused_though_signed(wrong: dict[str, object], here: Box, tmp_path: Path) -> None:
    good = {"number": 1, "keys": [], "bundles": [], "made": MADE}
    with pytest.raises(Refused, match="signed but wrong"):
        accept(here.store, put(tmp_path, statement.write({**good, **wrong}, trust.REVOCATION, [KEY])), "ann")
    assert accept(here.store, put(tmp_path, statement.write(good, trust.REVOCATION, [KEY])), "ann"), "control"


# --- several signatures ---------------------------------------------------------------------------------------------


def test_a_bundle_that_two_of_three_signed(tmp_path: Path) -> None:
    here = Box(box(tmp_path / "box", KEY, OTHER_KEY, THIRD_KEY))
    demand(here, "2\n")
    with pytest.raises(Refused, match="signed by 1 of the 2 keys"):
        bring(here, write(tmp_path, 7))
    stranger = SecretKey("99" * 8, bytes(32))
    with pytest.raises(Refused, match="signed by 1 of the 2 keys"):
        bring(here, write(tmp_path, 7, cosigned=(stranger,)))
    with pytest.raises(Refused, match="signed by 1 of the 2 keys"):
        bring(here, write(tmp_path, 7, cosigned=(KEY,))), "the same key again is one key"
    bring(here, write(tmp_path, 7, cosigned=(THIRD_KEY,)))
    assert here.runs() == 7
    assert (here.store.path("a") / "manifest.minisig").read_bytes().count(b"trusted comment: cloister bundle") == 2
    given = consent.write("oakhill", 7, 6, consent.ANY, MADE, [KEY])
    with pytest.raises(Refused, match="signed by 1 of the 2"):
        install.install(
            here.store, write(tmp_path, 6, cosigned=(THIRD_KEY,)), here.steps(), consent_file=put(tmp_path, given)
        )
    second = put(tmp_path, given, "second")
    builder.add_signature(second, OTHER_KEY)
    install.install(here.store, write(tmp_path, 6, cosigned=(THIRD_KEY,)), here.steps(), consent_file=second)
    assert here.runs() == 6


def test_the_order_of_signing_does_not_change_the_bundle(tmp_path: Path) -> None:
    first = write(tmp_path, 7, cosigned=(OTHER_KEY, THIRD_KEY)).read_bytes()
    assert write(tmp_path, 7, cosigned=(THIRD_KEY, OTHER_KEY)).read_bytes() == first


def test_a_second_signer_signs_no_damaged_bundle(tmp_path: Path) -> None:
    bundle = write(tmp_path, 7)
    content = bytearray(bundle.read_bytes())
    content[-2000] ^= 1
    bundle.write_bytes(content)
    with pytest.raises(Refused):
        builder.add_signature(bundle, OTHER_KEY)
    assert bundle.read_bytes() == content
    rotation = put(tmp_path, trust.write_rotation(KEY, OTHER_KEY.public(), MADE))
    with pytest.raises(BundleError, match="one key signs alone"):
        builder.add_signature(rotation, OTHER_KEY)


def test_every_byte_of_two_signatures_counts() -> None:
    keys = Trust((KEY.public(), OTHER_KEY.public()), needed=2)
    good = signing.join(signing.sign(b"content", key, "cloister bundle x") for key in (OTHER_KEY, KEY))
    assert [key.id for key in keys.verify(b"content", good, "cloister bundle")] == sorted([KEY.id, OTHER_KEY.id])
    tried = 0
    for position in range(len(good)):
        bad = bytearray(good)
        bad[position] ^= 1 << position % 8
        tried += 1
        with pytest.raises(Refused):
            keys.verify(b"content", bytes(bad), "cloister bundle")
    one, two = signing.split(good)
    for parts in (
        (two, one),
        (one, one),
        (one, one, two),
        (one,),
        (),
        (one, two, b"\n"),
        (one, b"\n", two),
        (one, two) * 5,
    ):
        tried += 1
        with pytest.raises(Refused):
            keys.verify(b"content", b"".join(parts), "cloister bundle")
    print(f"{tried} pairs of signatures that were changed refused")


@pytest.mark.parametrize("text", ["0", "-1", "1.0", "two", "", "9", "100", "2 3", "1\n2", "\xff", "٢"])
def test_an_unreadable_threshold_is_an_error(text: str, here: Box, tmp_path: Path) -> None:
    demand(here, text)
    with pytest.raises(Cannot, match="must hold how many keys"):
        bring(here, write(tmp_path, 7))
    assert here.runs() is None


# --- a last day -----------------------------------------------------------------------------------------------------


def test_a_bundle_is_installed_until_its_last_day(here: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from appliance.bundle import store

    monkeypatch.setattr(store, "_date", lambda: "2026-12-24")
    bring(here, write(tmp_path, 7, not_after="2026-12-24"))
    monkeypatch.setattr(store, "_date", lambda: "2026-12-25")
    with pytest.raises(Refused, match="until 2026-12-24, and today is 2026-12-25"):
        bring(here, write(tmp_path, 8, not_after="2026-12-24"))
    assert here.runs() == 7, "what is installed goes on running"
    assert not bring(here, write(tmp_path, 7, not_after="2026-12-24")).changed
    bring(here, write(tmp_path, 8, not_after="2026-12-25"))


def test_a_clock_at_1970_does_not_extend_the_last_day(
    here: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dates of signed bundles, lists and rotations are a lower bound of today, even if only the slots have them."""
    from appliance.bundle import store

    monkeypatch.setattr(store, "_date", lambda: "1970-01-01")
    assert here.store.today() == "1970-01-01"
    bring(here, write(tmp_path, 7, made="2027-03-01"))
    assert here.store.today() == "2027-03-01"
    expired = write(tmp_path, 8, not_after="2027-02-28")
    with pytest.raises(Refused, match="today is 2027-03-01"):
        bring(here, expired)
    (here.store.root / "var/lib/cloister-bundle/state.json").unlink()
    with pytest.raises(Refused, match="today is 2027-03-01"):
        bring(here, expired)
    rotate(here, tmp_path, KEY, OTHER_KEY, made="2028-01-01")
    assert here.store.today() == "2028-01-01"


# --- statements -----------------------------------------------------------------------------------------------------


OF_ANOTHER_KIND: tuple[object, ...] = (None, 1.5, [], {}, True, "\ud800")


def malformed() -> Iterator[tuple[str, bytes]]:
    good = {"name": "oakhill", "consent": 9, "to": 8, "machine": "any", "made": MADE, "nonce": "00"}
    for name in good:
        yield f"without {name}", json.dumps({k: v for k, v in sorted(good.items()) if k != name}).encode()
        for value in OF_ANOTHER_KIND:
            if type(value) is not type(good[name]):
                yield f"{name} is {value!r}", json.dumps({**good, name: value}, sort_keys=True).encode()
    yield "nothing", b""
    yield "deep", b"[" * 100_000
    yield "deep object", b'{"a":' * 50_000
    yield "infinite", b'{"consent":Infinity}'
    yield "huge number", b'{"consent":1' + b"0" * 6000 + b"}"
    yield "a list", b"[1]"
    yield "a text", b'"x"'
    yield "no text", b"\xff\xfe"
    yield "twice", json.dumps(good, sort_keys=True, separators=(",", ":")).replace("{", '{"to":8,', 1).encode()
    yield "spaces", json.dumps(good, sort_keys=True).encode()


@pytest.mark.parametrize(("what", "text"), list(malformed()), ids=lambda value: value if type(value) is str else "")
def test_a_signed_consent_that_is_malformed(what: str, text: bytes, tmp_path: Path) -> None:
    """A trusted key has signed it, so only the parser can refuse it, in one clear line."""
    content = text + b"\n"
    given = put(tmp_path, signing.sign(content, KEY, consent.SIGNED_AS) + content)
    with pytest.raises(Refused) as refused:
        consent.read(given, Trust((KEY.public(),)))
    assert "\n" not in str(refused.value), what


@pytest.mark.parametrize("content", [b"", b"\n" * 6, b"x" * 300_000, b"a\nb\nc\nd\n{}\n", b"\xff\n" * 5, b"\0" * 99])
def test_a_file_that_is_not_a_statement_is_refused(content: bytes, here: Box, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        accept(here.store, put(tmp_path, content), "ann")
    with pytest.raises(BundleError, match="cannot be read"):
        accept(here.store, tmp_path / "nothing", "ann")


@pytest.mark.parametrize("make", ["rotation", "revocation", "consent"])
def test_every_byte_of_a_statement_counts(make: str, both: Box, tmp_path: Path) -> None:
    good = {
        "rotation": lambda: trust.write_rotation(KEY, THIRD_KEY.public(), MADE),
        "revocation": lambda: trust.write_revocation(Revocation(1, made=MADE), [KEY, OTHER_KEY]),
        "consent": lambda: consent.write("oakhill", 9, 8, consent.ANY, MADE, [KEY, OTHER_KEY]),
    }[make]()
    demand(both, "2")

    known = both.store.trust()

    def take(content: bytes) -> object:
        path = put(tmp_path, content)
        if make == "consent":
            return consent.read(path, known)
        check = trust.new_rotation if make == "rotation" else trust.new_revocation
        return check(known, statement.load(path))

    assert take(good), "control"
    for position in range(len(good)):
        bad = bytearray(good)
        bad[position] ^= 1 << position % 8
        with pytest.raises(Refused):
            take(bytes(bad))
    for length in range(0, len(good), 7):
        with pytest.raises(Refused):
            take(good[:length])
    print(f"{len(good)} damaged statements ({make}) refused")


def test_a_statement_of_one_kind_is_refused_as_another(here: Box, tmp_path: Path) -> None:
    """Each kind of signed file is refused where another is wanted."""
    made = {
        "rotation": trust.write_rotation(KEY, OTHER_KEY.public(), MADE),
        "revocation": trust.write_revocation(Revocation(1, made=MADE), [KEY]),
        "consent": consent.write("oakhill", 9, 8, consent.ANY, MADE, [KEY]),
    }
    known = here.store.trust()
    for kind, read in (
        ("rotation", lambda path: trust.new_rotation(known, statement.load(path))),
        ("revocation", lambda path: trust.new_revocation(known, statement.load(path))),
        ("consent", lambda path: consent.read(path, known)),
    ):
        for other, content in made.items():
            path = put(tmp_path, content)
            if other == kind:
                read(path)
            else:
                with pytest.raises(Refused, match="signed as"):
                    read(path)
    with pytest.raises(Refused, match="signed as"):
        accept(here.store, put(tmp_path, made["consent"]), "ann")


def test_a_foreign_file_beside_the_keys_is_not_believed(here: Box, tmp_path: Path) -> None:
    """The folder has a file of another key. The box reports it and installs nothing."""
    foreign = trust.write_rotation(OTHER_KEY, THIRD_KEY.public(), MADE)
    (here.store.keys / f"{KEY.id}.rotation").write_bytes(foreign)
    with pytest.raises(Cannot, match="is damaged"):
        bring(here, write(tmp_path, 7))
    shutil.move(here.store.keys / f"{KEY.id}.rotation", here.store.keys / f"{OTHER_KEY.id}.rotation")
    assert [key.id for key in here.store.trust().keys] == [KEY.id], "one of a key that nobody pinned says nothing"
