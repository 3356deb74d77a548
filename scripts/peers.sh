#!/bin/sh
# peers.sh: other trackers, in an environment of their own, for `make bench` to measure beside this one.
set -e
python=build/peers/bin/python
if ! "$python" -c "import tensorboardX, trackio, numpy" 2>/dev/null; then
  .venv/bin/python -m venv build/peers
  if ! "$python" -m pip install -qq --retries 1 tensorboardX trackio numpy; then
    echo "trackio and tensorboardX cannot be installed, the package index is out of reach: measured without them"
  fi
fi
