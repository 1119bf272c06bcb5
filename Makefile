# Two commands do everything on a fresh machine: `make demo` and `make test`. The others are listed by `make help`.
SHELL := /bin/sh
PY := .venv/bin/python
PACKAGES := hw voice storage secretaryd webui tui
SCENARIO ?= opening_hours
CALLER ?=
BENCH ?=
CALLS ?= 10000
CUTS ?= 1000
SEED ?= 1

# Thousands of small databases, each synced to the disk as the box does it: in memory, where there is plenty.
MEMORY := $(shell findmnt -no OPTIONS /dev/shm 2>/dev/null | grep -qv noexec && df -Pk /dev/shm | awk 'NR == 2 && $$4 > 2000000 {print "/dev/shm"}')
RUN := PYTEST_DEBUG_TEMPROOT=$(MEMORY) .venv/bin/python -m
PYTEST = $(RUN) pytest -p no:cacheprovider
# What keeps time by the machine's own clock stands in few files: the others need not be looked through once more.
REALTIME_TESTS = $(shell grep -rl --include='test_*.py' realtime tests)
# llama.cpp and the VAD bring a library of the same name: their tests run in processes of their own (tests/conftest.py).
LLAMA_TESTS := tests/voice/llm tests/secretaryd/nodes tests/conversations
QUICKLY = $(RUN) pytest -o cache_dir=build/quick
QUICK := not llama and not sound and not units and not gammu and not browser and not boot and not deb and not call
# Whole calls run in real time, several boxes at once. One that misses a limit is played once more, with fewer beside it: a
# busy machine is no defect, a second failure is.
PLAYED := .venv/bin/python -m pytest tests/e2e tests/webui/api/test_contract.py -o cache_dir=build/calls

# Calls over a sound card are in real time too.
BESIDE := .venv/bin/python -m pytest -o cache_dir=build/beside

.PHONY: help demo run install uninstall deb test test-all coverage test-boot test-deb lint bench soak starter-models callers ready-phrases setup setup-test clean

help:
	@echo "make demo [SCENARIO=name | CALLER=file.wav] [PACE=30/8]   everything from nothing, then one call, shown live"
	@echo "make run [SIMULATE=1]                    keeps the box up (on the configured modem, or on the simulated one)"
	@echo "make install / make uninstall            as services on this Debian-family machine (DESTDIR, PREFIX)"
	@echo "make deb [ARCH=arm64]                    a package of it, in dist/; for a Raspberry Pi from another machine"
	@echo "make test / make test-all                the tests; with broken boxes, a browser, a sound server, systemd's tools"
	@echo "make coverage                            what the tests without a clock reach (80 % at the least); part of test-all"
	@echo "make lint                                ruff, mypy --strict, import rules"
	@echo "make bench [BENCH=name] [KEEP=1]         measurements, as text and JSON in tests/bench/out/, beside those kept in git"
	@echo "make soak [CALLS=10000] [SEED=1] [FRESH=1] [CUTS=1000]  calls with every mishap, in compressed time; power cuts"
	@echo "make starter-models                      rebuilds the bundled models from nothing (hours)"
	@echo "make callers / make ready-phrases        renders the simulated callers' voices / the built-in phrases anew"

setup:
	@sh etc/setup/system.sh run
	@python3 etc/setup/venv.py run

setup-test:
	@sh etc/setup/system.sh run
	@python3 etc/setup/venv.py test

demo: setup
	@$(PY) -m secretaryd.cli.demo $(if $(CALLER),--wav "$(CALLER)",--scenario "$(SCENARIO)") $(if $(PACE),--pace "$(PACE)")

# Without a configuration everything lies in .run, where secretaryctl finds it from this folder.
run: setup
	@$(if $(CONFIG)$(wildcard /etc/secretaryd/secretaryd.toml),,SECRETARYD__BOX__DATA_DIR="$(CURDIR)/.run/data" \
	  SECRETARYD__CONTROL__SOCKET="$(CURDIR)/.run/control.sock") \
	  $(PY) -m secretaryd all $(if $(SIMULATE),--simulate) $(if $(CONFIG),--config "$(CONFIG)")

# A box of its own below PREFIX (/opt/secretary-box), units, users, udev rules. Data and settings are never touched.
install: setup
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" python3 etc/setup/package.py install

uninstall:
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" python3 etc/setup/package.py uninstall

deb: setup
	@python3 etc/setup/package.py deb $(if $(ARCH),--arch $(ARCH))

lint: setup-test
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

define untimed
	@$(QUICKLY) -n auto -m "$(QUICK) and not realtime" || { echo "== once more, alone: the tests that failed"; $(QUICKLY) --last-failed -m "$(QUICK) and not realtime"; }
	@$(PYTEST) -m llama $(LLAMA_TESTS)
endef

test: lint
	$(untimed)
	@$(PYTEST) -m "$(QUICK) and realtime" $(REALTIME_TESTS)
	@$(PLAYED) -m "call and not plays" || { echo "== played once more: the calls that failed"; $(PLAYED) -m "call and not plays" --last-failed; }

# It more than doubles the time of what it watches, so what keeps time is not watched.
coverage: RUN := PYTEST_DEBUG_TEMPROOT=$(MEMORY) .venv/bin/coverage run -m
coverage: setup-test
	@.venv/bin/coverage erase
	$(untimed)
	@.venv/bin/coverage combine -q
	@.venv/bin/coverage report --skip-covered --fail-under=80 > build/coverage.txt; enough=$$?; tail -n 15 build/coverage.txt; exit $$enough

test-all:
	@sh etc/setup/system.sh test
	@python3 etc/setup/venv.py test
	@$(BESIDE) -m "sound or units or gammu" || { echo "== once more: what failed"; $(BESIDE) -m "sound or units or gammu" --last-failed; }
	@.venv/bin/python -m pytest -m browser -p no:cacheprovider tests/webui/browser
	@$(PLAYED) -m plays || { echo "== played once more: the plays that failed"; $(PLAYED) -m plays --last-failed; }
	@$(MAKE) --no-print-directory coverage

# The units under a systemd of their own. PrivateTmp= hides a clone that lies in /tmp.
test-boot: setup-test
	@.venv/bin/python -m pytest -m boot -p no:cacheprovider

# Virtual time: 10000 calls are some weeks of the modem's, and minutes of ours. It goes on where it was broken off.
soak: setup-test
	@$(PY) -m tests.soak --calls $(CALLS) --seed $(SEED) $(if $(FRESH),--fresh)
	@$(PY) -m tests.soak.cuts --cuts $(CUTS) --seed $(SEED)

# The package on a Debian of its own (mmdebstrap): install, a call, upgrade, remove, purge. Minutes.
test-deb: setup-test
	@.venv/bin/python -m pytest -m deb -p no:cacheprovider

bench: setup-test
	@$(PY) -m tests.bench $(if $(KEEP),--keep) $(BENCH)

starter-models:
	@sh voice/starter/rebuild.sh

callers: setup
	@$(PY) -m hw.simulator.callers.render

ready-phrases: setup
	@$(PY) -m secretaryd.answer.render_ready

clean:
	@rm -rf .venv .run build .mypy_cache .ruff_cache .pytest_cache .hypothesis
