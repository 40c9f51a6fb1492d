# Everything one does with this project. `make run` and `make test` install what they need.

export PYTHON ?= python3
BIN := .venv/bin

.PHONY: help run test quick test-faults test-install test-boot test-kernel install release deb check format pictures constraints clean

help: ## show this list
	@awk -F ':.*## ' 'NF == 2 && /^[a-z]/ { printf "make %-13s%s\n", $$1, $$2 }' Makefile

run: install ## start the simulated front desk at http://127.0.0.1:8080
	$(BIN)/frontdesk simulate

test: check ## check the code, then run all the tests, real daemons and browser included
	$(BIN)/pytest -n auto

quick: ## all tests but those in the browser, and those that hurt whole front desks
	@./bootstrap.sh test
	$(BIN)/pytest -n auto --ignore tests/e2e --ignore tests/faults --ignore tests/station

test-faults: ## the long fault tests: kills at every write, power cuts, storms
	@./bootstrap.sh test
	$(BIN)/pytest -n auto -m fault --timeout=1800

test-install: ## install, upgrade and remove on Debian systems in folders (as root; docs/install.md)
	@./bootstrap.sh test
	$(BIN)/pytest -m install --timeout=3600

test-boot: ## boot a Debian with the package in QEMU, hurt it, pull its plug (as root; docs/boot.md); CUTS=50 SUITE=bookworm
	@./bootstrap.sh test
	FRONTDESK_CUTS=$(or $(CUTS),50) FRONTDESK_SUITE=$(or $(SUITE),bookworm) $(BIN)/pytest -m boot -s -p no:randomly

test-kernel: ## the drivers on a real kernel's GPIO, USB and V4L2, in QEMU (as root; docs/kernel.md)
	@./bootstrap.sh test
	$(BIN)/pytest -m kernel -s -p no:randomly tests/kernel

release: ## make a release file for Raspberry Pis; KEY=... signs it (docs/upgrade.md)
	@./bootstrap.sh run
	$(BIN)/python -m installer.release $(if $(KEY),--key $(KEY)) $(addprefix --machine ,$(MACHINES))

deb: ## make the Debian package dist/pst-frontdesk.deb; KEY=... is whose updates it trusts
	@./bootstrap.sh run
	$(BIN)/python -m installer.deb $(if $(KEY),--key $(KEY)) $(addprefix --machine ,$(MACHINES))

install: ## install what the front desk needs and this machine lacks
	@./bootstrap.sh run

check: ## check style, types and the direction of imports
	@./bootstrap.sh test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: ## put the code into its form
	@./bootstrap.sh test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

pictures: ## take the pictures of the documents anew
	@./bootstrap.sh test
	$(BIN)/python -m tests.pictures
	$(BIN)/python -m tests.drawings

constraints: ## pin the newest versions of all Python packages
	@./bootstrap.sh constraints

clean: ## remove what was installed or made in this folder
	rm -rf .venv *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
