#!/bin/sh
# programs.sh [GROUP...]: programs written for wandb, in environments of their own, built one at a time: main (3 GB),
# vision (6 GB), callbacks (2 GB), keras (2 GB), gym (1 GB), gymnasium (1 GB) and fastai (6 GB). The official client
# stands beside each, in one that adds those libraries. Beside vision it is the last version with names that Composer calls.
set -e
wheel=build/programs/wheel
rm -rf "$wheel"
.venv/bin/pip wheel --quiet --no-deps --wheel-dir "$wheel" .
for group in "${@:-main}"; do
  folder=build/programs/$group
  [ -x "$folder/bin/python" ] || .venv/bin/python -m venv "$folder"
  official=0.31.0
  [ "$group" != vision ] || official=0.28.2
  libraries=tests/programs/requirements/$group
  if ! "$folder/bin/python" -m pip install -qq -r "$libraries.txt" "$wheel"/*.whl; then
    echo "skipped: the libraries of the programs '$group' cannot be installed here"
    continue
  fi
  "$folder/bin/python" -m pip install -qq --no-deps --force-reinstall "$wheel"/*.whl
  if [ -f "$libraries-without-dependencies.txt" ]; then
    "$folder/bin/python" -m pip install -qq --no-deps -r "$libraries-without-dependencies.txt"
  fi
  if [ ! -x "$folder-official/bin/python" ]; then
    .venv/bin/python -m venv "$folder-official"
    "$folder-official/bin/python" -m pip install -qq wandb==$official
    "$folder/bin/python" -c "import sysconfig; print(sysconfig.get_path('purelib'))" \
      >"$("$folder-official/bin/python" -c "import sysconfig; print(sysconfig.get_path('purelib'))")/libraries.pth"
  fi
  PROGRAMS=$group PROGRAMS_PYTHON=$PWD/$folder/bin/python OFFICIAL_PYTHON=$PWD/$folder-official/bin/python \
    .venv/bin/pytest tests/programs
done
