"""The inventory that operators copy: its sites are valid, its variables exist, and the role describes each of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from appliance.config.site import load_site
from tests.containers import CHECKOUT

EXAMPLE = CHECKOUT / "ansible" / "example"
ROLES = sorted((CHECKOUT / "ansible/collections/ansible_collections/cloister/appliance/roles").iterdir())


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@pytest.fixture(scope="module")
def described() -> set[str]:
    files = [read(role / "meta/argument_specs.yml")["argument_specs"] for role in ROLES]
    return {name for specs in files for spec in specs.values() for name in spec["options"]}


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


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_every_default_is_described(role: Path, described: set[str]) -> None:
    assert set(read(role / "defaults/main.yml")) <= described


def test_a_box_has_as_many_places_at_its_front_as_at_the_balancers() -> None:
    shared = read(EXAMPLE / "group_vars/oak_hill.yml")
    assert {box["lines"] for box in read(EXAMPLE / "group_vars/balancers.yml")["balancer_boxes"]} == {
        shared["front_lines"]
    }
