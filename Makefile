# Everything that a person or CI does with this repository. `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help setup studio client browser demo bench chaos load docs test lint types contracts audit check secrets locks clean
.DELETE_ON_ERROR:

BIN := .venv/bin
LOCAL := .venv/.local-installed
DEV := .venv/.dev-installed
STUDIO := services/gateway/studio/bundle/index.html
BROWSER := studio/browser/node_modules/.package-lock.json
EXTRAS := gateway chunker trainer trainer-gpu assembler client local dev
SECRETS := $(addprefix secrets/,segue_valkey_password segue_s3_access_key segue_s3_secret_key segue_admin_key \
	segue_grafana_password minio.env)

SUITABLE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON = $(shell for candidate in python3 python3.13 python3.12 python3.11; do \
	"$$candidate" -c '$(SUITABLE)' 2>/dev/null && { echo "$$candidate"; break; }; done)

# The studio is built by the machine's own Node.js where that is new enough, else by one that pip installs.
NODE_SUITABLE := const [major, minor] = process.versions.node.split(".").map(Number); \
	process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)
NPM = $(shell command -v npm >/dev/null && node -e '$(NODE_SUITABLE)' 2>/dev/null && echo npm || echo ../tools/npm)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:  ## list what can be made
	@sed -n 's/^\([a-z]*\):[^#]*## /\1	/p' $(firstword $(MAKEFILE_LIST)) | awk -F '\t' '{printf "make %-10s %s\n", $$1, $$2}'

setup: $(DEV) $(STUDIO)  ## install everything for work on Segue into .venv, and build the studio

studio: $(STUDIO)  ## build the page that the gateway serves

client: $(DEV) studio/node_modules/.package-lock.json  ## make the clients' types from the API anew, when that has changed
	$(BIN)/python -m tools.describe_api >studio/openapi.json
	cd studio && $(NPM) run --silent types
	$(BIN)/python -m tools.type_client segue_client/documents.py

browser: $(BROWSER)  ## install the Chromium that the page is tried in

demo: $(LOCAL) $(STUDIO)  ## make three mixes of songs synthesised here, or of SONGS=/a/folder; the result is under out/
	$(BIN)/segue demo $(if $(SONGS),"$(SONGS)")

bench: $(DEV)  ## time Segue beside public peers; ONLY=cut,score,train,render,mix,scale,growth SONGS=/a/folder ROUNDS=5
	$(BIN)/python -m bench $(if $(ONLY),--only "$(ONLY)") $(if $(SONGS),--songs "$(SONGS)") $(if $(ROUNDS),--rounds $(ROUNDS))

chaos: $(DEV)  ## besiege a stack with SEED=1 FAULTS=110 JOBS=60, check that nothing is lost; all of it under out/chaos
	$(BIN)/python -m tests.chaos.campaign --seed $(or $(SEED),1) --faults $(or $(FAULTS),110) --jobs $(or $(JOBS),60) \
		--folder "out/chaos/$$(date +%Y%m%d-%H%M%S)"

load: $(DEV)  ## load a stack with JOBS=1000 UPLOADS=200 LISTENERS=500 at once; figures under out/load
	$(BIN)/python -m tests.load.run --jobs $(or $(JOBS),1000) --uploads $(or $(UPLOADS),200) \
		--listeners $(or $(LISTENERS),500) --folder "out/load/$$(date +%Y%m%d-%H%M%S)"

docs: $(DEV)  ## build the documentation as a site into out/docs, and check every link of it
	$(BIN)/python -m tools.site

# Those that start servers come in the order of their folders: the longest are in the first.
test: $(DEV) $(STUDIO) $(BROWSER)  ## run all tests but those of the containers; COVERAGE=1 tells what they reach
	$(BIN)/python -m pytest tests/unit -n auto --dist loadfile --durations 12 --durations-min 5 \
		$(if $(COVERAGE),--cov --cov-report=)
	$(BIN)/python -m pytest --ignore tests/unit -m "not compose and not alone" -n 2 --dist loadfile \
		--no-loadscope-reorder --durations 40 --durations-min 5 $(if $(COVERAGE),--cov --cov-append --cov-report=)
	$(BIN)/python -m pytest --ignore tests/unit -m alone --durations 10 --durations-min 5 \
		$(if $(COVERAGE),--cov --cov-append --cov-report=term:skip-covered)

lint: $(DEV) $(STUDIO)  ## check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	cd studio && $(NPM) run --silent lint

types: $(DEV) $(STUDIO)  ## check types
	$(BIN)/mypy
	cd studio && $(NPM) run --silent check

contracts: $(DEV)  ## check which package may import which
	$(BIN)/lint-imports

audit: $(DEV)  ## look for vulnerabilities in the locked packages and for dangerous calls in the code
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive shared services cli segue_client
	$(BIN)/python tools/audit.py requirements/*.txt

check: lint types contracts audit docs test  ## all of the checks above

secrets: $(SECRETS)  ## make the passwords of the containers, once, under secrets/

COMPILE := uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-strip-extras

locks:  ## compile the locked requirements of every extra anew (needs uv)
	@command -v uv >/dev/null || { echo "make locks needs uv: pip install uv" >&2; exit 1; }
	for extra in $(EXTRAS); do $(COMPILE) --extra "$$extra" pyproject.toml -o "requirements/$$extra.txt" || exit 1; done
	$(COMPILE) --group studio -o requirements/studio.txt

clean:  ## remove what was built and measured; .venv, secrets and out stay
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage .coverage.* \
		studio/node_modules studio/browser/node_modules studio/songs services/gateway/studio/bundle
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

.venv/bin/pip:
	@[ -n "$(PYTHON)" ] || { echo "Segue needs Python 3.11, 3.12 or 3.13; none was found. On Debian or Ubuntu:" \
		"apt install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments." \
		"On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv

$(LOCAL): requirements/local.txt pyproject.toml | .venv/bin/pip
	@echo "installing the packages of requirements/local.txt into .venv; at first this takes minutes"
	$(BIN)/pip install --quiet --require-hashes -r requirements/local.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python -m services.chunker.compiling
	@touch $@

$(DEV): requirements/dev.txt pyproject.toml | .venv/bin/pip
	@echo "installing the packages of requirements/dev.txt into .venv; at first this takes minutes"
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python -m services.chunker.compiling
	@touch $@ $(LOCAL)

studio/node_modules/.package-lock.json: studio/package.json studio/package-lock.json studio/.npmrc | .venv/bin/pip
	@[ "$(NPM)" = npm ] || $(BIN)/pip install --quiet --require-hashes -r requirements/studio.txt
	cd studio && $(NPM) ci --silent
	@touch $@

# By itself, so that whoever builds the page does not fetch 68 MB for the sake of its tests.
$(BROWSER): studio/browser/package.json studio/browser/package-lock.json studio/browser/.npmrc \
		| studio/node_modules/.package-lock.json
	cd studio && $(NPM) ci --silent --prefix browser
	@touch $@

# Songs for who has none at hand; as long as a mix needs, and no longer.
studio/songs: $(wildcard cli/demo/*.py) | $(LOCAL)
	@echo "synthesising the demo songs"
	@$(BIN)/python -m cli.demo $@ --seconds 45 --format ogg >/dev/null
	@touch $@

$(STUDIO): studio/node_modules/.package-lock.json studio/songs studio/index.html studio/vite.config.ts \
		studio/svelte.config.js $(shell find studio/src -type f)
	cd studio && $(NPM) run --silent build -- --logLevel warn
	@touch $@

# Containers read these files as other users than the one who made them: the folder, not the files, keeps
# others out. A file that exists stays, since the servers' data were made with it.
secrets/segue_%:
	@mkdir -p -m 700 secrets
	@od -An -N20 -tx1 /dev/urandom | tr -d ' \n' >$@ && chmod 644 $@
	@echo "made $@"

secrets/minio.env: secrets/segue_s3_access_key secrets/segue_s3_secret_key
	@umask 077 && printf 'MINIO_ROOT_USER=%s\nMINIO_ROOT_PASSWORD=%s\n' \
		"$$(cat secrets/segue_s3_access_key)" "$$(cat secrets/segue_s3_secret_key)" >$@
	@echo "made $@"
