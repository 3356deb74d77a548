#!/bin/sh
# matrix.sh: the import, unit and kernel tests on each supported Python that this machine has; names those that it lacks.
set -eu
absent=""
for version in 3.10 3.11 3.12 3.13; do
  python=""
  for candidate in "$HOME"/.pyenv/versions/$version.*/bin/python "$(command -v python$version || true)"; do
    # A shim of pyenv is on PATH for versions that are not active, too: only one that starts counts.
    [ -x "$candidate" ] && "$candidate" -c "import ssl, sqlite3" 2>/dev/null && python=$candidate && break
  done
  [ -n "$python" ] || { absent="$absent $version"; continue; }
  folder=build/matrix/$version
  [ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
  WANDB_NB_SKIP_JS=1 "$folder/bin/pip" install --quiet --editable '.[test]'
  echo "== Python $version"
  "$folder/bin/python" -c "import wandb_nb"
  "$folder/bin/pytest" -q -n "${JOBS:-2}" --dist loadfile -m "not browser and not official" \
    tests/store_read tests/store_write tests/tracking tests/config tests/settings tests/view tests/compare tests/cli \
    tests/capture tests/crash tests/notebook
done
[ -z "$absent" ] || echo "not on this machine:$absent"
