"""``make kiosk``: the starter's site, its kiosk page and a browser, on this workstation and for its screen alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import CHECKOUT
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
    import yaml

    starter = CHECKOUT / "models" / "starter"
    settings = yaml.safe_load((starter / "cloister.yaml").read_text(encoding="utf-8"))
    state = folder / "state"
    state.mkdir()
    door = {"path": str(folder / "door.sock")}
    config = folder / "cloister.yaml"
    whole = {**_absolute(settings, starter), "state": str(state), "room": False, "doors": [door]}
    config.write_text(yaml.safe_dump(whole), encoding="utf-8")
    return config


def _absolute(value: object, folder: Path) -> dict[str, object]:
    """Settings whose paths, which are relative to their file, are absolute."""

    def of(item: object) -> object:
        if isinstance(item, dict):
            return {name: of(inner) for name, inner in item.items()}
        if isinstance(item, list):
            return [of(inner) for inner in item]
        if isinstance(item, str) and (folder / item).exists():
            return str((folder / item).resolve())
        return item

    whole = of(value)
    assert isinstance(whole, dict)
    return whole


if __name__ == "__main__":
    sys.exit(main())
