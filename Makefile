# Everything is set up inside this checkout: .tools/ holds uv, .venv/ the appliance. `make demo` and `make test` each
# set up what is missing, in any order.

PYTHON ?= python3
UV := .tools/bin/uv
RUN := .venv/bin
NATIVE := llama-cpp-python aec-audio-processing

# Nothing outside the checkout is written.
export UV_CACHE_DIR ?= $(CURDIR)/.tools/cache/uv
export PIP_CACHE_DIR ?= $(CURDIR)/.tools/cache/pip
export MPLCONFIGDIR ?= $(CURDIR)/.tools/cache/matplotlib

.PHONY: help setup demo demo-real test test-bundle test-unit test-fleet test-fresh test-recipes clients homeassistant kiosk kiosk-pictures lint lint-fleet bench bench-compact smart-turn clean

help:
	@echo "make demo    a spoken conversation with the built-in models (no sound card needed)"
	@echo "make demo-real    the same with a language model and a voice of others (560 MB, on a workstation with a network)"
	@echo "make test    every test that this machine can run"
	@echo "make test-fresh   both on a Debian that has nothing but README's packages (root, debootstrap)"
	@echo "make test-bundle  the real bundle: built, installed without a network, asked, taken back"
	@echo "make test-unit    the hardened service and the signed bundle on booted machines (root, systemd-nspawn)"
	@echo "make test-fleet   installing, updating and ending a fleet of two, over ssh (the same, and half an hour)"
	@echo "make homeassistant   Home Assistant talks with the box (475 MB, Python 3.13 or 3.14)"
	@echo "make lint    ruff and mypy"
	@echo "make bench   figures of this machine: response gap, memory, start-up"
	@echo "make bench-compact   what two language models of others are good for, and how they converse (half an hour of two cores)"

setup: .venv/.ready

# What a broken attempt left half-made (a full disk) is made anew; what was compiled is kept in build/native.
.venv/.ready: pyproject.toml uv.lock .ci/uv.txt | needs
	@test ! -e .tools/.unfinished || rm -rf .tools
	@test ! -e .venv.unfinished || rm -rf .venv
	@test -x $(UV) || { echo "Setting up Cloister: about 450 MB to download, 1.6 GB of disk, and five minutes of both cores to compile llama.cpp and the echo canceller."; \
		mkdir -p .tools && touch .tools/.unfinished && $(PYTHON) -m venv .tools && \
		.tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r .ci/uv.txt && \
		rm .tools/.unfinished; }
	@touch .venv.unfinished
	$(PYTHON) -m appliance.bundle.native --uv $(UV) > .tools/native.txt
	UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --frozen --python $(PYTHON) $(NATIVE:%=--no-install-package %)
	@while IFS= read -r wheel; do $(UV) pip install --quiet --python $(RUN)/python --no-deps "$$wheel" || exit 1; done < .tools/native.txt
	$(RUN)/cloister models prepare
	@rm .venv.unfinished
	@touch $@

# What only the system's package manager can bring: all that is missing at once, with the command that brings it.
.PHONY: needs
needs:
	@sh .ci/needs "$(PYTHON)"

demo: setup
	$(RUN)/cloister demo
	@echo "What next? Talk with it (a microphone and apt-get install libportaudio2): $(RUN)/cloister talk --greet"
	@echo "Your own site, in three commands:"
	@echo "  cp appliance/sites/cookbook/reception.yaml my-site.yaml   # then change the names, facts and hours in it"
	@echo "  $(RUN)/cloister check --site my-site.yaml                # every mistake, with its line"
	@echo "  $(RUN)/cloister talk --site my-site.yaml --greet         # or chat, in writing"

# The demonstration with a language model and a voice of others (models/compact), which are fetched once. They are no part
# of the product. The voice gets an output for the ends of its words, which changes no weight.
# The kiosk's page in a browser on this machine, which brings microphone and loudspeaker. Ends with the window.
kiosk: setup
	$(RUN)/python -m tests.protocols.kiosk_here

# The pictures of the kiosk's page for its documentation.
kiosk-pictures: setup clients
	CLOISTER_PICTURES=$(CURDIR)/build/kiosk $(RUN)/pytest -m "" -p no:randomly tests/protocols/test_kiosk_browser.py

demo-real: build/fetched/en_US-joe-aligned.onnx | setup
	$(RUN)/cloister models fetch qwen2.5-coder-0.5b-q4
	$(RUN)/cloister models prepare -c models/compact/cloister.yaml
	$(RUN)/cloister demo -c models/compact/cloister.yaml -o build/demo-real

build/fetched/en_US-joe-aligned.onnx: | setup
	$(RUN)/cloister models fetch piper-en-us-joe-medium
	cp build/fetched/en_US-joe-medium.onnx.json $@.json
	$(UV) run --no-sync --with onnx python -m piper.patch_voice_with_alignment build/fetched/en_US-joe-medium.onnx --output $@.unfinished
	mv $@.unfinished $@

# Files are dealt out to as many processes as there are cores.
test: setup
	$(RUN)/pytest --numprocesses auto --dist loadfile $(PYTEST_ARGUMENTS)

# On booted machines: the unit's sandbox, a spoken turn in it, recovery, memory and swap; the real bundle, installed and
# attested; the switch of versions. As root, because containers are booted. A quarter of an hour; for the bundle,
# llama.cpp is built first unless CLOISTER_WHEELS names its wheel.
test-unit: setup build/tree
	$(RUN)/pytest -m "" -p no:randomly tests/systemd tests/bundle/test_on_systemd.py

# A fleet on two booted machines, over ssh, from the first installation to the end. As root; llama.cpp as above.
test-fleet: setup build/tree ansible/.venv/.ready
	$(RUN)/pytest -m "" -p no:randomly tests/fleet

# The README's two commands on a Debian with nothing but the README's packages. Needs root, debootstrap and a mirror.
test-fresh:
	bash .ci/fresh

lint-fleet: ansible/.venv/.ready
	cd ansible && PATH="$$PWD/.venv/bin:$$PATH" ansible-lint --offline
	cd ansible && for play in install rollback attest decommission balance; do .venv/bin/ansible-playbook --syntax-check cloister.appliance.$$play || exit 1; done

ansible/.venv/.ready: ansible/requirements.txt
	$(PYTHON) -m venv ansible/.venv
	ansible/.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r ansible/requirements.txt
	@touch $@

# A Debian with systemd, which the machines of the tests share. Needs root, debootstrap and a mirror, once.
TREE_PACKAGES := systemd systemd-sysv dbus libpam-systemd openssh-server iproute2 procps libseccomp2 \
	python3 python3-venv libportaudio2 libasound2-plugins pulseaudio pulseaudio-utils libfaketime haproxy keepalived
comma := ,
space := $(subst ,, )
build/tree:
	@test "$$(id -u)" = 0 || { echo "make build/tree needs root"; exit 1; }
	@command -v debootstrap >/dev/null && command -v systemd-nspawn >/dev/null || { echo "install debootstrap and systemd-nspawn with: apt-get install debootstrap systemd-container"; exit 1; }
	@mkdir -p build
	debootstrap --variant=minbase --include=$(subst $(space),$(comma),$(strip $(TREE_PACKAGES))) bookworm $@.new >build/tree.log
	mv $@.new $@

lint: setup
	$(RUN)/ruff format --check appliance tests models/recipes
	$(RUN)/ruff check appliance tests models/recipes
	$(RUN)/mypy

bench: setup
	$(RUN)/cloister bench gap

# The figures of models/compact/README.md, into build/bench-compact. The files are those of `make demo-real` and
# `cloister models fetch qwen2.5-coder-1.5b-q4`. A run that was stopped goes on where it was.
REAL := $(abspath $(or $(CLOISTER_REAL_MODELS),build/fetched))
bench-compact: $(foreach size,0.5b 1.5b,build/bench-compact/$(size)/figures.md)

build/bench-compact/%/figures.md: | setup
	@mkdir -p $(@D)
	sed -e 's#../../build/fetched/qwen2.5-coder-0.5b#$(REAL)/qwen2.5-coder-$*#' -e 's#../../build/fetched#$(REAL)#' \
		-e 's#../../build/\(state\|prepared\)#\1#' -e 's#../../#$(CURDIR)/#' -e 's#../starter#$(CURDIR)/models/starter#' \
		models/compact/cloister.yaml > $(@D)/cloister.yaml
	$(RUN)/cloister models prepare -c $(@D)/cloister.yaml >> $(@D)/prepare.txt
	$(RUN)/cloister evaluate conversation -c $(@D)/cloister.yaml --half dev --show $(@D)/dev.txt \
		--resume $(@D)/dev.jsonl --markdown > $@.unfinished
	$(RUN)/cloister bench turns -c $(@D)/cloister.yaml --part speculation-cost --markdown >> $@.unfinished
	mv $@.unfinished $@

# Ten minutes; llama.cpp is built first (a quarter of an hour of processor time) unless CLOISTER_WHEELS names its wheel.
test-bundle: setup
	$(RUN)/pytest -m release -s tests/bundle/test_real_bundle.py

# The recipes that trained the starter models need torch, which the appliance does not.
test-recipes: models/recipes/.venv/.ready
	models/recipes/.venv/bin/python -m pytest -q tests/recipes

models/recipes/.venv/.ready: models/recipes/requirements.txt .venv/.ready
	$(PYTHON) -m venv models/recipes/.venv
	$(RUN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > "$$(models/recipes/.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/appliance.pth"
	models/recipes/.venv/bin/pip install --quiet --disable-pip-version-check -r models/recipes/requirements.txt
	@touch $@

# Clients of others, which hold conversations with the doors (tests/protocols). Each has an environment of its own, since
# some need other versions of a library than the product. What is there is locked by hash.
CLIENTS := openai agents livekit pipecat deepgram
clients: $(CLIENTS:%=.tools/clients/%/.ready) .tools/clients/node/.ready

.tools/clients/%/.ready: tests/protocols/clients/%.txt | setup
	$(UV) venv --quiet --clear --python $(PYTHON) $(@D)
	$(UV) pip sync --quiet --no-config --require-hashes --python $(@D)/bin/python $<
	@touch $@

# Without Node, the client for it is left out, and its test says so.
.tools/clients/node/.ready: tests/protocols/clients/package.json tests/protocols/clients/package-lock.json
	@if command -v npm >/dev/null; then mkdir -p $(@D) && cp $^ $(@D) && \
		cd $(@D) && npm ci --silent --no-audit --no-fund --ignore-scripts --cache "$(CURDIR)/.tools/cache/npm" && touch .ready; \
	else echo "npm is missing: the JavaScript client is not tested"; fi

# Home Assistant, which takes the box as ear, agent and voice. `make clients` and .ci/run leave it out: 475 MB, a minute to
# install, and a Python that the product does not need.
HOMEASSISTANT_PYTHON ?= python3.13
homeassistant: .tools/clients/homeassistant/.ready | setup
	$(RUN)/pytest -m "" -p no:randomly tests/protocols/test_homeassistant.py

.tools/clients/homeassistant/.ready: tests/protocols/clients/homeassistant-2025.txt tests/protocols/clients/homeassistant-2026.txt | setup
	@case "$$($(HOMEASSISTANT_PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" in \
		3.13) release=2025 ;; 3.14) release=2026 ;; \
		*) echo "Home Assistant needs Python 3.13 or 3.14: make homeassistant HOMEASSISTANT_PYTHON=/path/to/python3.14"; exit 1 ;; \
	esac; \
	$(UV) venv --quiet --clear --python "$$(command -v $(HOMEASSISTANT_PYTHON))" $(@D) && \
	$(UV) pip sync --quiet --no-config --require-hashes --python $(@D)/bin/python tests/protocols/clients/homeassistant-$$release.txt
	@touch $@

# A peer for `cloister bench turns`, in an environment of its own; the appliance never sees it.
smart-turn: build/smart-turn/.ready

build/smart-turn/.ready: models/recipes/turns/requirements.txt | setup
	$(UV) venv --quiet --clear --python $(PYTHON) build/smart-turn
	$(UV) pip install --quiet --python build/smart-turn/bin/python -r models/recipes/turns/requirements.txt
	@touch $@

clean:
	rm -rf .venv .venv.unfinished .tools build models/recipes/.venv ansible/.venv
