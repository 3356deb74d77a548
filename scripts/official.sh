#!/bin/sh
# official.sh VERSION: the server's tests with another version of the official client, in an environment of its own.
set -e
version=$1
folder=build/official/$version
python=$folder/bin/python
if ! "$python" -c "import wandb" 2>/dev/null; then
  .venv/bin/python -m venv "$folder"
  if ! "$python" -m pip install -qq --retries 1 "wandb==$version" numpy pandas pillow; then
    echo "skipped: wandb $version cannot be installed, the package index is out of reach"
    exit 0
  fi
fi
OFFICIAL_PYTHON=$PWD/$python .venv/bin/pytest tests/server/test_official.py tests/server/test_official_artifacts.py \
  tests/server/test_team_server.py -m official
