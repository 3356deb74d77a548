"""A YAML loader that takes `1e-3` for a number, as people writing learning rates do.

YAML 1.1 asks for a dot and a sign in the exponent and makes text of it otherwise.
"""

import re

import yaml


class NumberLoader(yaml.SafeLoader):
    """`SafeLoader` that also takes numbers with an exponent and no dot."""


NumberLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+$"),
    list("-+.0123456789"),
)
