#!/bin/sh
# coverage.sh JOBS: runs the Python tests under coverage, joins what their processes measured, and fails below the minimum.
set -eu
minimum=85
rm -rf build/coverage && mkdir -p build/coverage
export COVERAGE_PROCESS_START="$PWD/pyproject.toml"
.venv/bin/coverage run -m pytest -q -n "$1" --dist loadfile
.venv/bin/coverage combine -q
.venv/bin/coverage report --fail-under "$minimum"
