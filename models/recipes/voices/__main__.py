"""``python -m models.recipes.voices WHEEL``: the published weights in, ``speaker.onnx`` out; seconds."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import convert

STARTER = Path(__file__).resolve().parents[2] / "starter"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.recipes.voices", description=__doc__)
    parser.add_argument("wheel", type=Path, help=f"{convert.WHEEL}, sha256 {convert.SHA256}")
    parser.add_argument("--out", type=Path, default=STARTER / "voices", help="folder that receives speaker.onnx")
    options = parser.parse_args()
    path = options.out / convert.NAME
    options.out.mkdir(parents=True, exist_ok=True)
    convert.write(convert.published(options.wheel), path)
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
