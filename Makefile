# `make run` and `make test` need nothing but Python 3.12 or newer. `make help` lists all commands.
PY := .venv/bin/python
# Prints the first Python that works, or one line that says what to install.
FIND := python=$$(sh dev/find_python.sh) || exit 1
RUNTIME := $(FIND); "$$python" -m dev.install requirements.txt
DEVELOPMENT := $(FIND); "$$python" -m dev.install requirements-dev.txt
# Test processes side by side, each with its own database.
WORKERS ?= 2
# Settings as in production, for the checks that look at them. None of these is a secret, and the
# database is never asked.
AS_PRODUCTION := IGNY8_DEMO=0 IGNY8_DEBUG=0 IGNY8_SECURE=1 \
	IGNY8_SECRET_KEY=only-for-make-check-0123456789-abcdefghijklmnopqrstuvwxyz \
	IGNY8_FIELD_ENCRYPTION_KEYS=b25seS1mb3ItbWFrZS1jaGVjay0wMTIzNDU2Nzg5MDE= \
	IGNY8_ALLOWED_HOSTS=ops.example.com \
	IGNY8_EMAIL_URL=consolemail:// IGNY8_FROM_EMAIL=billing@example.com \
	IGNY8_BANK_ACCOUNT_NAME=Example IGNY8_BANK_IBAN=GB82WEST12345698765432 \
	IGNY8_BANK_BIC=WESTGB22 IGNY8_BANK_NAME=Example \
	DATABASE_URL=postgresql://nobody@127.0.0.1:1/never-asked

.PHONY: help run test sweep check bench screenshots migrate fix
.DEFAULT_GOAL := help

help: ## List these commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

run: ## Start everything on http://localhost:8000 (PORT, DATA_DIR, DATABASE_URL)
	@$(FIND); "$$python" -m dev.preflight && \
		"$$python" -m dev.install requirements.txt && \
		exec $(PY) -m dev.run

test: ## Run all tests against a real PostgreSQL (ARGS="-k ledger", WORKERS)
	@$(DEVELOPMENT) && exec $(PY) -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

sweep: ## Look at every screen in a browser: WCAG 2.2 AA, light and dark, and on a phone
	@$(DEVELOPMENT) && exec $(PY) -m pytest -m sweep tests/browser $(ARGS)

check: ## Lint, format, deployment settings, missing migrations
	@$(DEVELOPMENT)
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(AS_PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING
	@$(AS_PRODUCTION) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

bench: ## Measure the hot paths
	@$(DEVELOPMENT) && exec $(PY) -m bench $(ARGS)

screenshots: ## Make the pictures of docs/pictures anew (needs Chromium)
	@$(DEVELOPMENT) && exec $(PY) -m dev.screenshots

migrate: ## Bring the database up to date
	@$(RUNTIME) && exec $(PY) manage.py migrate

fix: ## Lint fixes and formatting
	@$(DEVELOPMENT)
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .
