"""Sound cards, on a real sound server without a card."""

from __future__ import annotations

import ctypes
import itertools
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from appliance.config.box import AudioSettings
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import DeviceLost, DeviceReturned, Played, VoicedChunk
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.ports import Microphone, PortError, Speaker
from appliance.core.turn import Turn
from appliance.devices import sound_card
from appliance.devices.sound_card import CardMicrophone, CardSpeaker, Device, find_device, list_devices, open_sound_card
from tests.pulse import SoundServer

SPEECH = Path(__file__).parent.parent / "data" / "pharmacy.flac"
VOICE_HZ = 22_050


class Card:
    """An open sound card and everything it reported."""

    def __init__(self) -> None:
        self.microphone, self.speaker = open_sound_card(AudioSettings("pulse", "pulse"), VOICE_HZ)
        self.frames: list[AudioFrame] = []
        self.changes: list[DeviceLost | DeviceReturned] = []
        self.played: list[Played] = []

    def start(self) -> None:
        self.speaker.start(self.played.append, self.changes.append)
        self.microphone.start(self.frames.append, self.changes.append, lambda: None)

    def lost(self) -> set[str]:
        """Devices that are lost at the moment."""
        last = {change.device: change for change in list(self.changes)}
        return {device for device, change in last.items() if isinstance(change, DeviceLost)}


def eventually(condition: Callable[[], bool], within_s: float = 60.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def snr_db(heard: Samples, said: Samples) -> float:
    """How well ``said`` is found in ``heard``, at any place and level."""
    at = int(np.correlate(heard, said, "valid").argmax())
    part = heard[at : at + len(said)]
    gain = float(part @ said / (said @ said))
    return float(10 * np.log10(gain**2 * (said @ said) / ((part - gain * said) ** 2).sum()))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[SoundServer]:
    rate_hz, channels = getattr(request, "param", (SAMPLE_RATE_HZ, 1))
    served = SoundServer(tmp_path / "pulse", rate_hz, channels)
    served.start()
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    import sounddevice

    sounddevice._terminate()
    sounddevice._initialize()
    yield served
    served.stop()


@pytest.fixture
def card(server: SoundServer) -> Iterator[Card]:
    opened = Card()
    opened.start()
    yield opened
    if server.running:
        server.signal(signal.SIGCONT)
    opened.microphone.stop()
    opened.speaker.stop()


@pytest.fixture(scope="module")
def speech() -> Samples:
    samples: Samples = soundfile.read(SPEECH, dtype="float32")[0]
    return samples


def test_the_devices_satisfy_the_ports() -> None:
    microphone, speaker = open_sound_card(AudioSettings(), VOICE_HZ)
    as_microphone: Microphone = microphone
    as_speaker: Speaker = speaker
    assert as_speaker.rate_hz == VOICE_HZ
    as_microphone.stop()


@pytest.mark.slow
def test_the_microphone_is_faithful(server: SoundServer, card: Card, speech: Samples) -> None:
    server.say(speech)
    time.sleep(0.5)
    frames = list(card.frames)
    assert all(frame.samples.shape == (FRAME_SAMPLES,) and frame.samples.dtype == np.float32 for frame in frames)
    assert [frame.position for frame in frames] == list(range(0, len(frames) * FRAME_SAMPLES, FRAME_SAMPLES))
    assert snr_db(np.concatenate([frame.samples for frame in frames]), speech) > 40
    assert not card.changes


@pytest.mark.slow
@pytest.mark.parametrize("server", [(SAMPLE_RATE_HZ, 1), (48_000, 2)], indirect=True)
def test_the_speaker_is_faithful(server: SoundServer, card: Card, speech: Samples) -> None:
    said = soxr.resample(speech, SAMPLE_RATE_HZ, VOICE_HZ)
    best = -100.0
    for turn in map(Turn, range(1, 4)):  # a machine that is busy with other tests may make one of them stutter
        with server.recording() as heard:
            card.speaker.write(VoicedChunk(turn.id, said), turn)
            card.speaker.finish(turn)
            eventually(lambda: bool(card.played) and card.played[-1].finished)
        assert card.played[-1] == Played(turn.id, len(said), finished=True)
        card.played.clear()
        best = max(best, snr_db(heard(), speech))
        if best > 20:
            break
    assert best > 20  # limited by the sound server's own resampling and a fraction of a sample of delay


@pytest.mark.slow
def test_a_flushed_reply_falls_silent(server: SoundServer, card: Card) -> None:
    turn = Turn(1)
    tone = (0.5 * np.sin(2 * np.pi * 500 * np.arange(3 * VOICE_HZ) / VOICE_HZ)).astype(np.float32)
    with server.recording() as heard:
        card.speaker.write(VoicedChunk(turn.id, tone), turn)
        eventually(lambda: bool(card.played) and card.played[-1].samples > VOICE_HZ)
        turn.cancel()
        samples = card.speaker.flush(turn)
        time.sleep(1.0)
    sounding_s = np.count_nonzero(np.abs(heard()) > 0.01) / SAMPLE_RATE_HZ
    assert sounding_s == pytest.approx(samples / VOICE_HZ, abs=0.1), "what is heard is what was counted"
    assert not card.played[-1].finished


@pytest.mark.slow
def test_a_server_that_dies_is_reported_and_its_return_as_well(
    server: SoundServer, card: Card, speech: Samples
) -> None:
    turn = Turn(1)
    card.speaker.write(VoicedChunk(turn.id, np.ones(3 * VOICE_HZ, dtype=np.float32)), turn)
    card.speaker.finish(turn)
    server.stop()
    eventually(lambda: card.lost() == {"microphone", "speaker"}, within_s=5)
    eventually(lambda: card.played[-1].finished)
    assert card.played[-1].samples < 3 * VOICE_HZ, "the reply ended with what was heard"
    assert card.speaker.write(VoicedChunk(2, np.ones(VOICE_HZ, dtype=np.float32)), Turn(2)), "nobody waits for it"
    time.sleep(1.0)
    server.start()
    eventually(lambda: not card.lost())
    assert {type(change) for change in card.changes} == {DeviceLost, DeviceReturned}
    before = len(card.frames)
    server.say(speech)
    time.sleep(0.5)
    frames = card.frames[before:]
    assert snr_db(np.concatenate([frame.samples for frame in frames]), speech) > 40
    # Stream time went on, and the gap in it shows that audio was lost.
    gaps = [b.position - a.position for a, b in itertools.pairwise(card.frames)]
    assert max(gaps) > SAMPLE_RATE_HZ and min(gaps) == FRAME_SAMPLES
    assert all(gap % FRAME_SAMPLES == 0 for gap in gaps)


@pytest.mark.slow
def test_a_server_that_hangs_is_noticed_by_the_watchdog(server: SoundServer, card: Card) -> None:
    """There is no callback and no error, so only the watchdog can tell."""
    server.signal(signal.SIGSTOP)
    eventually(lambda: card.lost() == {"microphone", "speaker"}, within_s=10)
    assert "no sound for" in card.changes[0].reason if isinstance(card.changes[0], DeviceLost) else False
    server.signal(signal.SIGCONT)
    eventually(lambda: not card.lost())
    before = len(card.frames)
    eventually(lambda: len(card.frames) > before + 50)


@pytest.mark.slow
def test_a_hanging_device_can_be_abandoned(server: SoundServer, card: Card) -> None:
    server.signal(signal.SIGSTOP)
    eventually(lambda: card.lost() == {"microphone", "speaker"}, within_s=10)
    stopping = threading.Thread(target=lambda: [card.microphone.stop(), card.speaker.stop()])
    stopping.start()
    stopping.join(10)
    assert not stopping.is_alive()


@pytest.mark.slow
@pytest.mark.parametrize("lock", ["released", "held"])
def test_slow_inference_never_makes_a_capture_late(server: SoundServer, card: Card, speech: Samples, lock: str) -> None:
    """Each inference in the listener takes 250 ms, also by an engine that lets no other Python thread run meanwhile."""
    inference = (ctypes.CDLL if lock == "released" else ctypes.PyDLL)(None).usleep
    dropped: list[AudioFrame] = []
    box: Mailbox[AudioFrame] = Mailbox("listen", 100, "drop_oldest", dropped.append)

    def listen() -> None:
        try:
            for n in itertools.count():
                box.get()
                if n % 25 == 0:  # every half second
                    inference(250_000)
        except MailboxClosed:
            return

    def deliver(frame: AudioFrame) -> None:
        card.frames.append(frame)
        box.put(frame)

    card.microphone._deliver = deliver
    listener = threading.Thread(target=listen)
    listener.start()
    server.say(np.concatenate([speech, speech]))
    time.sleep(0.7)
    box.close()
    listener.join()
    assert card.microphone.overflows == 0 and not dropped and not card.changes
    assert snr_db(np.concatenate([frame.samples for frame in card.frames]), np.concatenate([speech, speech])) > 40


@pytest.mark.slow
def test_streams_work_where_code_cannot_be_generated(server: SoundServer) -> None:
    """Under ``MemoryDenyWriteExecute=yes`` a callback stream is impossible, and our streams work."""
    code = """
        import ctypes, sys, time
        if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) != 0:  # PR_SET_MDWE
            sys.exit(77)
        import sounddevice
        try:
            sounddevice.InputStream(device="pulse", callback=lambda *_: None)
        except MemoryError:
            pass
        else:
            sys.exit("the control works: code can be generated")
        from appliance.config.box import AudioSettings
        from appliance.devices.sound_card import open_sound_card
        microphone, speaker = open_sound_card(AudioSettings("pulse", "pulse"), 22_050)
        frames = []
        speaker.start(print, print)
        microphone.start(frames.append, print, None)
        time.sleep(1)
        microphone.stop()
        speaker.stop()
        sys.exit(0 if len(frames) > 20 else f"{len(frames)} frames")
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    if run.returncode == 77:
        pytest.skip("this kernel cannot forbid it (PR_SET_MDWE, Linux 6.3)")
    assert run.returncode == 0, run.stderr


DEVICES = [
    Device(0, "HDA Intel: ALC (hw:0,0)", "ALSA", 2, 2, 44_100, default=False),
    Device(1, "USB Speakerphone: Audio (hw:1,0)", "ALSA", 1, 2, 48_000, default=True),
    Device(2, "USB Camera: Audio (hw:2,0)", "ALSA", 2, 0, 48_000, default=False),
    Device(3, "pulse", "ALSA", 32, 32, 44_100, default=False),
    Device(4, "pulse-monitor", "ALSA", 32, 32, 44_100, default=False),
]


@pytest.mark.parametrize(
    ("name", "direction", "found"),
    [("speakerphone", "output", 1), ("USB", "output", 1), ("hda", "input", 0), ("pulse", "input", 3)],
)
def test_a_device_is_found_by_part_of_its_name(
    name: str, direction: sound_card.Direction, found: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_card, "list_devices", lambda: DEVICES)
    assert find_device(name, direction).index == found


@pytest.mark.parametrize(
    ("name", "direction", "message"),
    [
        ("USB", "input", "'USB' may be 'USB Camera: Audio .hw:2,0.' or 'USB Speakerphone"),
        ("bluetooth", "input", "no device is called 'bluetooth'; there are 'HDA Intel"),
        ("camera", "output", "speaker: no device is called 'camera'"),
    ],
)
def test_an_unknown_device_is_an_error_that_lists_the_known(
    name: str, direction: sound_card.Direction, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound_card, "list_devices", lambda: DEVICES)
    with pytest.raises(PortError, match=message) as caught:
        find_device(name, direction)
    assert "\n" not in str(caught.value)


def test_a_machine_without_sound_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_card, "list_devices", lambda: [])
    with pytest.raises(PortError, match="this machine has none"):
        find_device(None, "input")


def test_a_missing_library_is_named_with_its_package() -> None:
    code = (
        "import ctypes.util; ctypes.util.find_library = lambda name: None\n"
        "from appliance.core.ports import PortError\n"
        "from appliance.devices.sound_card import list_devices\n"
        "try: list_devices()\n"
        "except PortError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout == "sound: PortAudio is missing; install it: apt-get install libportaudio2\n", run.stderr


class FakeStream:
    """A device that offers only 48 kHz stereo, with the microphone on the left."""

    channels = 2

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self.written: list[Samples] = []

    def read(self, count: int) -> tuple[Samples, bool]:
        block, self._samples = self._samples[:count], self._samples[count:]
        return np.stack([block, 0 * block], axis=1), False

    def write(self, block: Samples) -> bool:
        self.written.append(block)
        return False


def test_another_rate_is_resampled_and_the_first_channel_used(speech: Samples) -> None:
    microphone: CardMicrophone = open_sound_card(AudioSettings(), VOICE_HZ)[0]
    frames: list[AudioFrame] = []
    microphone._deliver = frames.append
    sound = soxr.resample(np.concatenate([speech, np.zeros(8000, np.float32)]), SAMPLE_RATE_HZ, 48_000)
    move = microphone.pump(FakeStream(sound), 48_000)
    for _ in range(len(sound) // 960):
        move()
    assert snr_db(np.concatenate([frame.samples for frame in frames]), speech) > 40


def test_a_speaker_of_another_rate_gets_resampled_sound_on_all_channels(speech: Samples) -> None:
    speaker: CardSpeaker = open_sound_card(AudioSettings(), SAMPLE_RATE_HZ)[1]
    stream, turn = FakeStream(speech), Turn(1)
    speaker.write(VoicedChunk(turn.id, speech), turn)
    move = speaker.pump(stream, 44_100)
    for _ in range(len(speech) // 320 + 20):
        move()
    written = np.concatenate(stream.written)
    assert written.shape[1] == 2 and np.array_equal(written[:, 0], written[:, 1])
    assert snr_db(soxr.resample(written[:, 0], 44_100, SAMPLE_RATE_HZ), speech) > 40


@pytest.mark.slow
def test_the_devices_of_this_machine_are_listed(server: SoundServer) -> None:
    assert "pulse" in [device.name for device in list_devices()]
    assert find_device("pulse", "input").name == "pulse"


def test_a_process_without_memory_ends_instead_of_losing_its_microphone() -> None:
    tried = (
        "import resource, appliance.devices.sound_card as card\n"
        "card._check_memory()\n"
        "pages = int(open('/proc/self/statm').read().split()[0])\n"
        "resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**20,) * 2)\n"
        "try: card._check_memory()\n"
        "except MemoryError: print('ended')\n"
    )
    assert subprocess.run([sys.executable, "-c", tried], capture_output=True, text=True, check=True).stdout == "ended\n"
