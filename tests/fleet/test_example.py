"""The inventory that operators copy: its sites are valid, its variables exist, and the role describes each of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from appliance.config.site import load_site
from tests.containers import CHECKOUT

EXAMPLE = CHECKOUT / "ansible" / "example"
ROLE = CHECKOUT / "ansible/collections/ansible_collections/cloister/appliance/roles/appliance"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@pytest.fixture(scope="module")
def described() -> set[str]:
    specs = read(ROLE / "meta/argument_specs.yml")["argument_specs"].values()
    return {name for spec in specs for name in spec["options"]}


@pytest.mark.parametrize("site", sorted(EXAMPLE.glob("sites/*.yaml")), ids=lambda path: path.stem)
def test_its_sites_are_valid(site: Path) -> None:
    assert load_site(site).facts


@pytest.mark.parametrize("file", sorted(EXAMPLE.glob("*_vars/*.yml")), ids=lambda path: path.stem)
def test_its_variables_exist(file: Path, described: set[str]) -> None:
    assert {name for name in read(file) if not name.startswith("ansible_")} <= described


def test_every_site_file_that_it_names_is_there() -> None:
    inventory = read(EXAMPLE / "hosts.yml")["appliances"]["children"]
    assert len(inventory) == 3
    for group in inventory:
        named = read(EXAMPLE / f"group_vars/{group}.yml")["appliance_site"]
        assert Path(named.replace("{{ inventory_dir }}", str(EXAMPLE))).is_file()


def test_every_default_is_described(described: set[str]) -> None:
    assert set(read(ROLE / "defaults/main.yml")) <= described
