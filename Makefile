# Everything a person types; each target sets up what it needs by itself.

# For Python 3.13 there is no ready-made Redis yet: it is compiled, which takes a compiler and two minutes more.
PYTHON ?= $(shell for name in python3.12 python3.11 python3 python3.13 python; do \
	"$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
	&& echo "$$name" && break; done)

# Tests run in a process for each core, up to four, each with a PostgreSQL and a Redis of its own; a file stays together.
SIDE_BY_SIDE = --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help run demo-reset test lint bench texts environment browser

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings come from the environment, such as: PORT=8100 CROSSMARKET_VAR=/tmp/second make run"

run: environment  ## Install, prepare and start everything; Ctrl-C stops it
	@.venv/bin/python manage.py serve

demo-reset: environment  ## Throw the demo data away; the next `make run` makes new data
	@.venv/bin/python manage.py demo_reset $(if $(FORCE),--force)

test: environment browser lint  ## Check the code and run every test
	@.venv/bin/python -m pytest $(SIDE_BY_SIDE)

lint: environment  ## Check style, layers, types, settings and migrations
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports --no-logo
	.venv/bin/mypy
	HTTPS=1 HSTS_WHOLE_DOMAIN=1 .venv/bin/python manage.py check --deploy --fail-level WARNING
	.venv/bin/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

bench: environment  ## Measure against what the machine can do
	@.venv/bin/python -m benchmarks

# Sorted and without places, so that texts added side by side seldom meet in one line.
TEXTS = locale/zh_Hans/LC_MESSAGES/django.po
texts: environment  ## Gather the texts to translate (needs the gettext tools)
	.venv/bin/python manage.py makemessages --locale zh_Hans --no-location --no-wrap --no-obsolete \
		--ignore .venv --ignore var --ignore tests --ignore build
	msgcat --sort-output --no-wrap $(TEXTS) | sed '/^"POT-Creation-Date/d; /^"Report-Msgid-Bugs-To/d' > $(TEXTS).sorted
	mv $(TEXTS).sorted $(TEXTS)

# Nothing that is only checked needs the key of a running copy.
lint: export SECRET_KEY = checks-only-$(shell printf '%050d' 0)-no-secret-abcdefghijklmnopqrstuvwxyz
lint test: EXTRAS = --extra test

environment:
	@if [ -z "$(PYTHON)" ]; then \
		echo "CrossMarket needs Python 3.11, 3.12 or 3.13, and none was found."; \
		echo "Install one, or name it: make run PYTHON=/path/to/python3.12"; \
		exit 1; \
	fi
	@"$(PYTHON)" bootstrap.py $(EXTRAS)

browser:
	@.ci/browser
