# `make clean` deletes what can be set up again, `make distclean` also the films and models.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
# Hosts often forbid writing bytecode; without it every stage spends seconds compiling its imports.
unexport PYTHONDONTWRITEBYTECODE

# Slurm's daemons need root.
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
SLURM := munge slurmctld slurmd slurm-client

.PHONY: help setup envs suber c2pa demo test test-heavy test-crate test-formats test-page test-c2pa test-slurm test-players bench check docs container lock clean distclean

help:
	@echo "make demo    set up, then subtitle two short films"
	@echo "make envs    IndicTrans2's own environment, .venv-indictrans2, beside the workflow's"
	@echo "make suber   SubER, which compares subtitles with a reference, in .venv-suber"
	@echo "make test    set up, then run the tests"
	@echo "make test-heavy, make test-crate   the long tests; the record against public validators"
	@echo "make test-formats   delivery files in ttconv, imschrm, pycaption, ffmpeg and imsc (npm and chromium must be on the PATH)"
	@echo "make c2pa, make test-c2pa   C2PA's libraries, in .venv-c2pa; lineage credential with them"
	@echo "make test-page   the film page and the desk in Chromium, which must be on the PATH"
	@echo "make test-slurm   the slurm profile on a real Slurm of one node (root, Debian or Ubuntu)"
	@echo "make test-players   our films in mkvmerge, MediaInfo, ffprobe, mpv, VLC and Chromium, as far as they are on the PATH"
	@echo "make bench   how long it takes, against others and itself; minutes"
	@echo "make check   the formatters, linters and the type checker"
	@echo "make docs    docs/configuration.md from the schema, the table of docs/quality.md from the code"
	@echo "make container   an image with all that make demo needs (podman, docker or buildah)"
	@echo "make lock    resolve requirements/*.in into their locks; RENEW=--upgrade renews them"
	@echo "make clean   remove the environments and caches; no film, result or model"
	@echo "make distclean   remove out/, models/, cache/ and the demo's films as well; it asks first"

setup: .venv/ready

.venv/ready: requirements/workflow.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "$(PYTHON) is $$($(PYTHON) --version); Python 3.11 to 3.13 is needed: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Setting up .venv (about 3 GB to fetch, 8 GB on disk; once)"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check $$(grep -o '^uv==[0-9.]*' requirements/workflow.lock)
	$(UV) pip sync -q --compile-bytecode --require-hashes --python $(BIN)/python requirements/workflow.lock
	$(UV) pip install -q --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

envs: setup .venv-indictrans2/ready

.venv-indictrans2/ready: requirements/indictrans2.lock | .venv/ready
	@echo "Setting up .venv-indictrans2 (most of it is shared with .venv and fetched already)"
	$(UV) venv -q --allow-existing --python $(BIN)/python .venv-indictrans2
	$(UV) pip sync -q --compile-bytecode --require-hashes --python .venv-indictrans2/bin/python \
	  requirements/indictrans2.lock
	@touch $@

suber: setup .venv-suber/ready

.venv-suber/ready: requirements/suber.lock | .venv/ready
	$(PYTHON) -m venv .venv-suber
	$(UV) pip sync -q --require-hashes --python .venv-suber/bin/python requirements/suber.lock
	@touch $@

demo: setup
	@$(BIN)/python demo/make_films.py
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/snakemake --profile profiles/demo
	@echo
	@echo "Subtitled films (switch the track in any player, e.g. mpv or VLC):"
	@echo "  out/tale/10_mux/final.mkv    English speech: English and Portuguese subtitles"
	@echo "  out/hindi/10_mux/final.mkv   Hindi speech: English subtitles"
	@echo "Beside them, per stage: manifest.json (the record) and stage.log."
	@echo "To look at it all in a browser: out/tale/11_audit/film.html, out/overview.html"

# In clean clones, so that a container holds what is committed, and names the commit in its records.
BUILDER ?= $(firstword $(notdir $(foreach each,podman docker buildah,$(shell command -v $(each)))))

container: container/clone
	@test -n "$(BUILDER)" || { echo "podman, docker or buildah must be on the PATH"; exit 1; }
	$(BUILDER) build -t sutradhar -f container/Containerfile container/clone

.PHONY: container/clone
container/clone:
	rm -rf container/clone
	git clone -q --depth 1 "file://$(CURDIR)" container/clone

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-heavy: setup
	$(BIN)/python -m pytest -m heavy

test-crate: setup .venv-crate/ready
	CRATE_PYTHON=.venv-crate/bin/python $(BIN)/python -m pytest tests/lineage/test_export.py tests/lineage/test_signed.py

test-slurm: setup
	@command -v slurmctld slurmd munged >/dev/null || { \
	  echo "Installing Slurm from the system's packages: $(SLURM)"; \
	  $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends $(SLURM); }
	$(SUDO) $(BIN)/python -m pytest -m slurm tests/workflow/test_slurm.py

test-players: setup
	$(BIN)/python -m pytest -rs -m players tests/muxing/test_players.py

bench: setup
	$(BIN)/python bench/speed.py

.venv-crate/ready: requirements/crate.lock
	$(PYTHON) -m venv .venv-crate
	$(UV) pip sync -q --require-hashes --python .venv-crate/bin/python requirements/crate.lock
	@touch $@

# imsc of npm draws timed text in a browser; its checksum is the package index's.
IMSC := 44c53c20f9cc85285df6c42bd2869b9c9bf2f8a8926b51eaaf1471ddce9e460d  imsc-1.1.5.tgz

test-formats: setup .venv-formats/ready .venv-formats/imsc.all.min.js .venv-page/ready
	FORMATS_PYTHON=.venv-formats/bin/python SUTRADHAR_BROWSER=required PYTHONPATH=.venv-page \
	  $(BIN)/python -m pytest -m "heavy or not heavy" tests/subtitles/test_judges.py tests/subtitles/test_imsc_browser.py

.venv-formats/imsc.all.min.js: | .venv-formats/ready
	@command -v npm >/dev/null || { echo "npm is needed to fetch imsc (Debian: apt-get install npm)"; exit 1; }
	cd .venv-formats && npm pack --silent imsc@1.1.5 >/dev/null && echo "$(IMSC)" | sha256sum --check --quiet \
	  && tar --extract --gzip --file imsc-1.1.5.tgz --strip-components=2 package/dist/imsc.all.min.js
	@touch $@

.venv-formats/ready: requirements/formats.lock
	$(PYTHON) -m venv .venv-formats
	$(UV) pip sync -q --require-hashes --python .venv-formats/bin/python requirements/formats.lock
	@touch $@

test-page: setup .venv-page/ready
	SUTRADHAR_BROWSER=required PYTHONPATH=.venv-page $(BIN)/python -m pytest tests/page/test_page_browser.py tests/desk/test_desk_browser.py

# C2PA's libraries, beside the workflow's: `lineage credential` finds them there.
c2pa: setup .venv-c2pa/ready

test-c2pa: c2pa
	PYTHONPATH=.venv-c2pa $(BIN)/python -m pytest tests/lineage/test_credential.py

.venv-c2pa/ready: requirements/c2pa.lock
	$(UV) pip install -q --no-deps --require-hashes --python $(BIN)/python --target .venv-c2pa -r requirements/c2pa.lock
	@touch $@

.venv-page/ready: requirements/page.lock
	$(UV) pip install -q --no-deps --require-hashes --python $(BIN)/python --target .venv-page -r requirements/page.lock
	@touch $@

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/mypy
	$(BIN)/snakemake --lint
	$(BIN)/lineage check

docs: setup
	$(BIN)/python -m subtitling.workflow.generated_docs

# Versions that the locks have stay where they fit: RENEW="-P torch" renews one, RENEW=--upgrade all.
LOCK := $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

lock:
	$(LOCK) $(RENEW) requirements/workflow.in -o requirements/workflow.lock
	$(LOCK) $(RENEW) requirements/crate.in -o requirements/crate.lock
	$(LOCK) $(RENEW) -c requirements/workflow.lock requirements/page.in -o requirements/page.lock
	$(LOCK) $(RENEW) -c requirements/workflow.lock requirements/c2pa.in -o requirements/c2pa.lock
	$(LOCK) $(RENEW) requirements/indictrans2.in -o requirements/indictrans2.lock
	$(LOCK) $(RENEW) requirements/suber.in -o requirements/suber.lock
	$(LOCK) $(RENEW) requirements/formats.in -o requirements/formats.lock

clean:
	rm -rf container/clone .venv .venv-c2pa .venv-crate .venv-formats .venv-page .venv-indictrans2 .venv-suber .pytest_cache .ruff_cache .mypy_cache *.egg-info scripts/*.egg-info

distclean:
	@du -sh out models cache 2>/dev/null || true
	@printf 'This deletes every subtitled film in out/, and all models. Type yes to go on: '; \
	  read answer && [ "$$answer" = yes ] || { echo; echo "Nothing was deleted."; exit 1; }
	$(MAKE) clean
	rm -rf .snakemake out models cache demo/*.mkv
