#!/bin/sh
# coverage.sh JOBS: runs the Python tests under coverage, joins what their processes measured, and fails below the minimum.
set -eu
minimum=90
rm -rf build/coverage && mkdir -p build/coverage
export COVERAGE_PROCESS_START="$PWD/pyproject.toml"
# The measuring itself does not survive the interrupts that one test sends.
.venv/bin/coverage run -m pytest -q -n "$1" --dist loadfile \
    --deselect tests/crash/test_crash.py::test_interrupts_leave_whole_records_and_every_returned_row
.venv/bin/coverage combine -q
.venv/bin/coverage report --fail-under "$minimum"
