"""What is learnt from recordings: proposed from one half, kept where it surely helps in the other, never applied."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from appliance.bench.questions import Engines
from appliance.bench.recordings import fragments, learning
from appliance.bench.recordings.evaluation import Profile
from appliance.bench.recordings.hearing import Heard, Pause, audio_key
from appliance.bench.recordings.learning import KINDS, Kind, Learned, Learning, divide
from appliance.bench.recordings.manifest import Manifest, Recording
from appliance.bench.recordings.proposals import Phrase, Word, lacking, misheard, plain, with_phrases, with_words
from appliance.bench.recordings.turns import Silence
from appliance.config.reader import ConfigError
from appliance.config.site import Site, load_site
from appliance.core.audio import Samples
from appliance.core.ports import PortError
from appliance.devices.wave import read_speech
from appliance.hearing.prosody import PhraseEnd
from appliance.language.english import ENGLISH
from tests.bench.recordings import place
from tests.brain.test_responder import Parrot
from tests.brain.test_retrieval import Words as WordEmbedder

SPEAKERS = 16


class SiteEar:
    """Hears "zyrtec" as "sir tech" unless the site's vocabulary has it, and a phrase wrongly unless the site has it."""

    def __init__(self, profile: Profile, said: Mapping[str, str], deaf: bool, pauses: tuple[Pause, ...]) -> None:
        self._said, self._deaf, self._pauses = said, deaf, pauses
        self._words = {entry.word for entry in profile.site.speech.vocabulary}
        site = profile.site
        self._phrases = {phrase.lower() for phrase in site.speech.phrases}

    def hear(self, samples: Samples) -> Heard:
        said = self._said[audio_key(samples)]
        if "zyrtec" not in self._words or self._deaf:
            said = said.replace("zyrtec", "sir tech")
        if "may i borrow a laptop" not in self._phrases or self._deaf:
            said = said.replace("borrow a laptop", "burrow a lap top")
        return Heard(said, 0.9, 1, len(samples) / 16_000, 0.1, 0.2, None, self._pauses)


def pauses_of(length_s: float) -> tuple[Pause, ...]:
    """Two pauses of this length within a turn, and its end."""
    starts_s = (0.6, 0.6 + length_s + 0.5)
    return (
        *(Pause(start_s, start_s + 0.1, start_s + length_s, "where is the") for start_s in starts_s),
        Pause(4.0, 4.1, None, "where is the printer"),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    rows = []
    for speaker in range(SPEAKERS):
        for take, text in enumerate(("where is the zyrtec", "may I borrow a laptop?")):
            name = f"{speaker}-{take}.wav"
            place.sound(folder / name, 10 * speaker + take, seconds=0.2)
            rows.append({"audio": name, "text": text, "speaker": f"s{speaker}"})
    (folder / "manifest.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return folder


def learn(
    tmp_path: Path,
    folder: Path,
    kinds: tuple[Kind, ...],
    *,
    deaf: bool = False,
    pauses: tuple[Pause, ...] = (),
) -> Learned:
    site = place.site(tmp_path / "site")
    recordings = place.opened(folder, site, tmp_path / "work")
    said = {
        audio_key(read_speech(one.audio)): str(one.text).lower().strip("?") for one in recordings.manifest.recordings
    }
    opened: Callable[[Profile], SiteEar] = lambda profile: SiteEar(profile, said, deaf, pauses)  # noqa: E731  # typed
    halves = divide(recordings.manifest, None, 0.5, 0)
    trying = Learning(
        recordings,
        place.profile("box", site, tmp_path / "prepared"),
        halves,
        tmp_path / "work",
        2,
        open_listening=opened,  # type: ignore[arg-type]  # an ear that knows what was said
        engines=Engines(Parrot(), WordEmbedder()),
    )
    return trying.learn(kinds, tmp_path / "learned")


def test_words_and_phrases_that_help_are_written_for_a_person_to_take_over(folder: Path, tmp_path: Path) -> None:
    learned = learn(tmp_path, folder, ("words", "phrases"))
    assert [(trial.kind, trial.helped) for trial in learned.trials] == [("words", True), ("phrases", True)]
    assert (learned.learnt_from, learned.held_out, learned.divided_by) == (16, 16, "speaker")
    (path,) = learned.written
    assert path.name == fragments.SITE and stat.S_IMODE(path.stat().st_mode) == 0o600
    fragment = yaml.safe_load(path.read_text())
    assert fragment == {
        "speech": {
            "vocabulary": [
                {"word": "borrow", "sounds_like": "burrow"},
                {"word": "laptop", "sounds_like": "lap top"},
                {"word": "zyrtec", "sounds_like": "sir tech"},
            ],
            "phrases": ["may I borrow a laptop", "where is the zyrtec"],
        }
    }
    text = path.read_text()
    assert '# held out: said 8 times, heard right 0 times without, 8 with it\n    - word: "zyrtec"' in text
    assert '# held out: said 8 times, heard right 0 times without, 0 with it\n    - word: "borrow"' in text
    assert "# words: " in path.read_text() and "without" in path.read_text()
    assert (tmp_path / "site" / "site.yaml").read_text() == place.SITE, "the site's file is as it was"
    for word in ("zyrtec", "laptop"):
        assert word not in learned.table() and word not in json.dumps(learned.json())


def test_what_does_not_help_is_not_written_and_its_figures_are_told(folder: Path, tmp_path: Path) -> None:
    learned = learn(tmp_path, folder, ("words", "phrases"), deaf=True)
    assert not learned.written and not (tmp_path / "learned").exists()
    assert all(trial.proposed and not trial.helped for trial in learned.trials)
    table = learned.table()
    assert "no sure gain, not written" in table and "nothing helped for sure" in table
    assert "word error rate: " in table and "+0.0 points" in table


def test_all_kinds_are_tried_on_noise_without_pauses(folder: Path, tmp_path: Path) -> None:
    learned = learn(tmp_path, folder, KINDS)
    assert [trial.kind for trial in learned.trials] == list(KINDS)
    assert learned.trials[2].lines == ("speech was noticed in every recording",)
    assert learned.trials[3].lines == ("0 and 0 pauses within turns are too few: 30 are needed in each half",)


@pytest.mark.parametrize(("length_s", "more"), [(0.25, False), (1.4, True)])
def test_patience_is_learnt_from_pauses_within_turns(
    folder: Path, tmp_path: Path, length_s: float, more: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People who think for long need more of it, and those who do not are answered sooner."""

    def alike(heard: Heard, *_: object) -> list[Silence]:
        return [Silence(pause, PhraseEnd(final=1.0), None) for pause in heard.pauses]

    monkeypatch.setattr(learning, "silences", alike)
    learned = learn(tmp_path, folder, ("patience",), pauses=pauses_of(length_s))
    (trial,) = learned.trials
    (path,) = learned.written
    setting = yaml.safe_load(path.read_text())["endpoint"]["patience_s"]
    assert trial.helped and (setting > 3.0) == more and path.name == fragments.BOX
    assert "of 32 pauses" in trial.lines[0] and trial.lines[2].startswith("cost of a turn -")


def test_an_earlier_fragment_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    learn(tmp_path, folder, ("words",))
    with pytest.raises(PortError, match="is there already; name another folder with -o"):
        learn(tmp_path, folder, ("words",))


# --- the halves ---------------------------------------------------------------------------------------------------


def recording(number: int, **groups: str) -> Recording:
    return Recording(f"{number}.wav", Path(f"{number // 2}.wav"), text="hello", groups=groups)


def manifest(recordings: list[Recording]) -> Manifest:
    return Manifest(Path("manifest.csv"), tuple(recordings), 0)


def test_no_speaker_is_in_both_halves_and_the_seed_decides() -> None:
    recordings = manifest([recording(n, speaker=f"s{n % 5}") for n in range(40)])
    halves = divide(recordings, None, 0.4, 1)
    sides = [{one.groups["speaker"] for one in half} for half in (halves.learn, halves.held_out)]
    assert not sides[0] & sides[1] and len(sides[1]) == 2 and halves.divided_by == "speaker"
    assert divide(recordings, None, 0.4, 1) == halves
    assert any(divide(recordings, None, 0.4, seed) != halves for seed in range(2, 6))


def test_without_speakers_a_file_is_in_one_half_alone() -> None:
    halves = divide(manifest([recording(n) for n in range(12)]), None, 0.5, 0)
    assert not {one.audio for one in halves.learn} & {one.audio for one in halves.held_out}
    assert halves.divided_by == "file"


@pytest.mark.parametrize(
    ("recordings", "column", "told"),
    [
        ([recording(0)], None, "too few recordings"),
        ([recording(0), recording(5)], "voice", "no column 'voice'"),
        ([recording(0, voice="a"), recording(5)], "voice", "is empty for 1 recordings"),
    ],
)
def test_too_few_to_hold_some_out(recordings: list[Recording], column: str | None, told: str) -> None:
    with pytest.raises(PortError if column is None else ConfigError, match=told):
        divide(manifest(recordings), column, 0.5, 0)


# --- proposals ----------------------------------------------------------------------------------------------------


def said_by(texts: list[tuple[str, str, str]]) -> tuple[list[tuple[Recording, str]], dict[str, str]]:
    """Pairs of a recording and what was heard, of (speaker, said, heard)."""
    pairs = [(Recording(f"{n}.wav", Path(f"{n}.wav"), text=said), heard) for n, (_, said, heard) in enumerate(texts)]
    return pairs, {f"{n}.wav": who for n, (who, _, _) in enumerate(texts)}


def test_a_word_is_proposed_as_it_was_heard_where_that_tells_how_it_sounds() -> None:
    pairs, who = said_by(
        [
            ("a", "where is Okafor", "where is oh kafer"),
            ("b", "is Okafor there", "is oh kafer there"),
            ("c", "the Okafor room", "the vegetable room"),
            ("a", "where is the desk", "where is the disk"),
            ("a", "the desk please", "the desk please"),
            ("a", "my name is Secretname", "my name is wrong"),
        ]
    )
    assert misheard(pairs, who, ENGLISH, 2) == [Word("okafor", "oh kafer", 3, 0)]
    assert [word.word for word in misheard(pairs, who, ENGLISH, 1)] == ["okafor", "secretname"]


def test_a_phrase_that_one_person_said_is_not_proposed(tmp_path: Path) -> None:
    site = place.site(tmp_path)
    texts = [
        ("a", "Where do I return (a) book?"),
        ("b", "where do i return a book"),
        ("a", "my number is secret"),
        ("a", "my number is secret"),
        ("a", "where is the printer"),
        ("b", "where is the printer"),
    ]
    recordings = [
        Recording(f"{n}.wav", Path("x.wav"), text=text, entry="printer" if "printer" in text else None)
        for n, (_, text) in enumerate(texts)
    ]
    who = {f"{n}.wav": speaker for n, (speaker, _) in enumerate(texts)}
    (phrase,) = lacking(recordings, who, site, {"printer": "fact"}, 2)
    assert (phrase.text.lower(), phrase.kind, phrase.said) == ("where do i return a book", "speech", 2)
    assert plain("Is it {open} (now)|late?!") == "Is it open now late" and plain("IS IT OPEN.") == "is it open"


def test_the_fragment_is_what_was_tried(tmp_path: Path) -> None:
    """The fragment, put into the site's file by hand, gives the site that was measured."""
    site = place.site(tmp_path)
    words = [Word("zyrtec", 'sir "tech"', 4, 1), Word("Núñez", None, 2, 0)]
    phrases = [
        Phrase("may I borrow a laptop", "speech", "", 3),
        Phrase("how much is a card: please", "fact", "card", 2),
        Phrase("are you open", "hours", "the library", 2),
    ]
    path = fragments.write_site(tmp_path / "out", ["helps\u202e\n"], words, phrases)
    fragment, whole = yaml.safe_load(path.read_text(encoding="utf-8")), yaml.safe_load(place.SITE)
    whole["speech"]["vocabulary"] += fragment["speech"]["vocabulary"]
    whole["speech"]["phrases"] += fragment["speech"]["phrases"]
    for part, key in (("facts", "id"), ("opening_hours", "what")):
        for more in fragment[part]:
            (entry,) = [one for one in whole[part] if one[key] == more[key]]
            entry["ask"] += more["ask"]
    (tmp_path / "merged.yaml").write_text(yaml.safe_dump(whole))
    assert load_site(tmp_path / "merged.yaml") == with_phrases(with_words(site, words), phrases)


def test_the_fragment_of_the_box(tmp_path: Path) -> None:
    path = fragments.write_box(tmp_path, ["patience: helps"], {"patience_s": 4.5, "speech_threshold": 0.3})
    assert yaml.safe_load(path.read_text()) == {"endpoint": {"patience_s": 4.5, "speech_threshold": 0.3}}


def test_sites_without_words_are_unchanged(tmp_path: Path) -> None:
    site: Site = place.site(tmp_path)
    assert with_words(site, []) == site == with_phrases(site, [])
