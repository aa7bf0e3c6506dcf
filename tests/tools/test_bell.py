"""The bell: its relay against the kernel's header, its chime through a real sound server, its errors in one line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from appliance.config.site import ToolSettings
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.language.english import ENGLISH
from appliance.tools import bell
from appliance.tools.executable import open_tools
from tests.conftest import CHECKOUT
from tests.pulse import SoundServer

HEADER = Path("/usr/include/linux/gpio.h")


@pytest.mark.skipif(not HEADER.exists() or not shutil.which("gcc"), reason="needs gcc and linux/gpio.h")
def test_the_relay_s_numbers_are_those_of_the_kernel_s_header(tmp_path: Path) -> None:
    """None of our machines has a GPIO chip, so the interface is compared with the header that defines it."""
    program = """
        #include <stdio.h>
        #include <stddef.h>
        #include <sys/ioctl.h>
        #include <linux/gpio.h>
        int main(void) {
            typedef struct gpio_v2_line_request request;
            printf("%lu %lu %lu %lu %lu %lu %lu %lu %lu %lu %llu %llu\\n",
                (unsigned long) GPIO_V2_GET_LINE_IOCTL, (unsigned long) GPIO_V2_LINE_SET_VALUES_IOCTL, sizeof(request),
                sizeof(struct gpio_v2_line_values), offsetof(request, consumer), offsetof(request, config),
                offsetof(request, config.num_attrs), offsetof(request, num_lines),
                offsetof(request, event_buffer_size), offsetof(request, fd),
                (unsigned long long) GPIO_V2_LINE_FLAG_ACTIVE_LOW, (unsigned long long) GPIO_V2_LINE_FLAG_OUTPUT);
            return 0;
        }
    """
    (tmp_path / "numbers.c").write_text(program)
    subprocess.run(["gcc", "-o", tmp_path / "numbers", tmp_path / "numbers.c"], check=True)
    told = list(map(int, subprocess.run([tmp_path / "numbers"], capture_output=True, check=True).stdout.split()))
    assert told[:4] == [bell.GET_LINE, bell.SET_VALUES, bell.LINE_REQUEST.size, bell.LINE_VALUES.size]
    assert told[10:] == [bell.ACTIVE_LOW, bell.OUTPUT]
    fields = dict(
        zip(("consumer", "config", "num_attrs", "num_lines", "event_buffer_size", "fd"), told[4:10], strict=True)
    )
    packed = bell.LINE_REQUEST.pack(17, *[0] * 63, b"C" * 32, 2, 3, b"", 4, 5, 6)
    for name, content in (
        ("consumer", b"C" * 32),
        ("config", (2).to_bytes(8, "little")),
        ("num_attrs", (3).to_bytes(4, "little")),
        ("num_lines", (4).to_bytes(4, "little")),
        ("event_buffer_size", (5).to_bytes(4, "little")),
        ("fd", (6).to_bytes(4, "little")),
    ):
        assert packed[fields[name] : fields[name] + len(content)] == content, name


def test_a_chime_is_heard_at_a_real_sound_server(tmp_path: Path) -> None:
    """The tool is as a site declares it. The appliance calls it, and aplay plays the chime through ALSA's plugin."""
    if shutil.which("aplay") is None:
        pytest.skip("needs aplay: apt-get install alsa-utils")
    server = SoundServer(tmp_path / "air")
    server.start()
    try:
        player = tmp_path / "player"
        variables = "\n".join(f"export {name}='{value}'" for name, value in server.environment.items())
        # A tool's environment is nearly empty, so on a box asound.conf names the card.
        player.write_text(f"#!/bin/sh\n{variables}\nexec aplay -q -D pulse -\n")
        player.chmod(0o755)
        settings = ToolSettings(
            name="bell",
            command=(
                sys.executable,
                "-c",
                f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); "
                "from appliance.tools.bell import main; sys.exit(main())",
            ),
            options={"play": [str(player)]},
            time_limit_s=15,
        )
        (tool,) = open_tools([settings], ENGLISH, tmp_path / "state").values()
        with server.recording() as recorded:
            assert tool.call("call_person", {}).ok
            once = recorded()
            assert tool.call("alarm", {}).ok
        whole = recorded()
    finally:
        server.stop()
    alarm = whole[len(once) :]
    for sound, chimes in ((once, 1), (alarm, 3)):
        loud_s = np.count_nonzero(np.abs(sound) > 0.02) / SAMPLE_RATE_HZ
        assert loud_s == pytest.approx(chimes * 0.5, rel=0.35)
        spectrum = np.abs(np.fft.rfft(sound))
        hz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE_HZ)
        assert min(abs(hz[spectrum.argmax()] - note) for note in (988, 784)) < 5


@pytest.mark.parametrize(
    ("function", "options", "told"),
    [
        ("explode", {"play": ["/bin/true"]}, "explode: the bell knows alarm and call_person"),
        ("alarm", {}, "needs the option `relay` or `play`"),
        ("alarm", {"light": 1}, "light: the bell has the options relay, play and seconds"),
        ("alarm", {"play": ["aplay"]}, "play: must be a program's absolute path"),
        ("alarm", {"play": ["/nowhere/aplay"]}, "play: .*No such file"),
        ("alarm", {"play": ["/bin/false"]}, "play: /bin/false failed: 1"),
        ("alarm", {"play": ["/bin/true"], "seconds": 60}, "seconds: must be more than 0 and at most 10, not 60"),
        ("alarm", {"play": ["/bin/true"], "seconds": True}, "seconds: must be"),
        ("alarm", {"relay": {"chip": "/dev/gpiochip0"}}, r"relay: must be \{chip"),
        (
            "alarm",
            {"relay": {"chip": "/nowhere/gpiochip0", "line": 17}},
            "relay: line 17 of /nowhere/gpiochip0: No such",
        ),
        ("alarm", {"relay": {"chip": "/dev/null", "line": 17}}, "relay: line 17 of /dev/null: Inappropriate ioctl"),
    ],
)
def test_a_mistake_is_one_line(function: str, options: dict[str, object], told: str) -> None:
    with pytest.raises(bell.BellError, match=f"^{told}"):
        bell.ring(function, options)
    call = json.dumps({"function": function, "arguments": {}, "options": options})
    done = subprocess.run([sys.executable, "-m", "appliance.tools.bell"], input=call, capture_output=True, text=True)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"ok": False, "say": ""})
    assert done.stderr.startswith("bell: ") and done.stderr.count("\n") == 1
