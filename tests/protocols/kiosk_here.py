"""``make kiosk``: the starter's site, its kiosk page and a browser, on this workstation and for its screen alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import CHECKOUT
from tests.profiles import copy_profile
from tests.protocols.loopback import Loopback

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("make kiosk: needs a browser: apt-get install chromium", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory() as folder:
        config = daemon_settings(Path(folder))
        daemon = subprocess.Popen([sys.executable, "-m", "appliance", "run", "--config", str(config)], cwd=CHECKOUT)
        door = Path(folder) / "door.sock"
        try:
            while daemon.poll() is None and not door.exists():
                time.sleep(0.2)
            if daemon.poll() is not None:
                return daemon.returncode or 3
            with Loopback(door) as front:
                page = f"http://127.0.0.1:{front.port}/kiosk#apart"
                profile = f"--user-data-dir={folder}/browser"
                subprocess.run([browser, f"--app={page}", profile, "--no-first-run"], check=False)
        finally:
            daemon.terminate()
            daemon.wait(20)
    return 0


def daemon_settings(folder: Path) -> Path:
    """The starter's settings for a daemon with one door and no sound card, in ``folder``."""
    return copy_profile(folder, room=False, doors=[{"path": str(folder / "door.sock")}])


if __name__ == "__main__":
    sys.exit(main())
