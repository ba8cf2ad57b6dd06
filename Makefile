# One line per target, no logic. STACK=name picks a host, YES=1 does not ask.
# Values reach the command line by the environment, never by pasting them into a shell line, nor does make look
# into them: $(value ...) takes them as they are, and what make would export by itself it would expand first.
unexport STACK PORT YES module
export GPUINFRA_STACK := $(or $(value STACK),$(value GPUINFRA_STACK),default)
export GPUINFRA_MODULE = $(value module)
export GPUINFRA_PORT := $(or $(value PORT),$(value GPUINFRA_PORT),8888)
# Some containers set it: every command would be compiled anew at each start.
unexport PYTHONDONTWRITEBYTECODE
# Nothing here calls make again but tests, which shall not hear of our -j.
unexport MAKEFLAGS
PYTHON ?= python3
BIN := .venv/bin
ASK := $(if $(value YES),--yes)
.DEFAULT_GOAL := help
.PHONY: help setup up down plan ssh ip status image run-module bash-docker jupyter init run_module bash_docker demo test check fmt lint types hcl scan bench picture lock clean

help:          ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12
setup:         ## Make .venv from the lock, find or fetch Terraform (every other target does this first)
	@$(PYTHON) -m gpuinfra.install
up: setup      ## Make the host: shows the plan, asks, prints the public IP
	@$(BIN)/gpuinfra up $(ASK)
down: setup    ## Remove everything that costs money
	@$(BIN)/gpuinfra down $(ASK)
plan: setup    ## Show what `make up` would do
	@$(BIN)/gpuinfra plan
ssh: setup     ## Open the host
	@$(BIN)/gpuinfra ssh
ip: setup      ## Print the public IP
	@$(BIN)/gpuinfra ip
status: setup  ## Show the host as recorded and as EC2 sees it
	@$(BIN)/gpuinfra status
image: setup   ## Build environment.yml into an image on the host, for its GPUs
	@$(BIN)/gpuinfra docker build
run-module: setup ## In that image: make run-module module="python -m test"
	$(if $(value module),,$(error say what to run: make run-module module="python -m test"))@$(BIN)/gpuinfra docker run -- bash -c "$$GPUINFRA_MODULE"
bash-docker: setup ## Open a shell in that image
	@$(BIN)/gpuinfra docker shell
jupyter: setup ## JupyterLab in that image, here on PORT=8888
	@$(BIN)/gpuinfra docker jupyter
# As users of Nixtla's docker-gpu type them (docs/coming-from.md).
init: image
run_module: run-module
bash_docker: bash-docker
demo:          ## The whole flow against a simulated AWS on this machine: no account, no cost
	@$(PYTHON) -m gpuinfra.install demo && $(BIN)/python -m gpuinfra.simulator demo
test:          ## All tests, end to end ones included; sets up what they need
	@$(PYTHON) -m gpuinfra.install test && $(BIN)/pytest -n auto
check: fmt lint scan types hcl test  ## Everything that CI checks
fmt: setup     ## Check the format of Python and HCL
	@$(BIN)/ruff format --check . && $(BIN)/python -m tests.hcl fmt
lint: setup    ## Lint Python and shell, find dead code
	@$(BIN)/ruff check . && $(BIN)/vulture && $(BIN)/shellcheck cloud-init/scripts/*.sh gpuinfra/host/*.sh gpuinfra/simulator/lab/machines/*.sh .ci/run
types: setup   ## Check types
	@$(BIN)/mypy
hcl: setup     ## Validate and test the Terraform modules (no credentials)
	@$(BIN)/python -m tests.hcl validate test
scan: setup    ## Scan modules and plan for security policy (checkov), SARIF into reports/
	@$(PYTHON) -m gpuinfra.install checkov && $(BIN)/python -m tests.scan
bench: setup   ## Print start-up, ssh and sync times as ratios to the bare tools
	@$(BIN)/python -m tests.bench.startup && $(BIN)/python -m tests.bench.ssh && $(BIN)/python -m tests.bench.ssm && $(BIN)/python -m tests.bench.sync && $(BIN)/python -m tests.bench.up
picture: setup ## Record README's picture of a terminal anew
	@$(BIN)/python -m tests.docs.picture
lock: setup    ## Renew the locks (needs uv)
	@uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra demo --extra dev --extra plot --extra solve pyproject.toml -o requirements.lock
clean:         ## Delete what set-up made (never values or state)
	@rm -rf .venv .tools reports
