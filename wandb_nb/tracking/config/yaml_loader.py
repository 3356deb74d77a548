"""A YAML loader that reads `1e-3` as a number, as people write learning rates.

YAML 1.1 requires a dot and a sign in the exponent and reads a string otherwise.
"""

import re

import yaml


class NumberLoader(yaml.SafeLoader):
    """`SafeLoader` that also reads numbers with an exponent and no dot."""


NumberLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][-+]?[0-9]+$"),
    list("-+.0123456789"),
)
