"""Ids, names and the default project of runs, and the checks on the names that users give.

The two-word names are drawn from the word lists at the end: calm things of nature and daily life, nothing that could
hurt beside somebody's work.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wandb_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

DEFAULT_PROJECT = "uncategorized"
LOCAL_ENTITY = "local"
"""The entity of runs that name none: of this machine, and the first account of an embedded server."""
_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_ID_LENGTH = 8
# The documented set, and what the original's client refuses besides.
_FORBIDDEN_IN_ID = "/\\#?%:;,'\""
_FORBIDDEN_IN_PROJECT = "/\\#?%:"
_MAX_ID = 128
_MAX_NAME = 128
_MAX_TAG = 64


def new_id(length: int = _ID_LENGTH) -> str:
    """Return a new random run id: *length* characters of a-z and 0-9.

    The randomness is the system's, so a seeded `random` neither repeats ids nor is disturbed.
    """
    number = int.from_bytes(os.urandom(length + 8), "big")
    characters = []
    for _ in range(length):
        number, index = divmod(number, len(_ID_ALPHABET))
        characters.append(_ID_ALPHABET[index])
    return "".join(characters)


def new_name(number: int, rng: Random | None = None) -> str:
    """Return a readable name such as "snowy-owl-10" for the run that is *number* in its project."""
    return f"{_pick(ADJECTIVES, rng)}-{_pick(NOUNS, rng)}-{number}"


def check_id(run_id: str) -> str:
    """Return *run_id* if it can be a run's id, else raise UsageError saying what is wrong with it."""
    what = "run id"
    _check_text(what, run_id, _MAX_ID, _FORBIDDEN_IN_ID)
    if run_id != run_id.strip():
        raise UsageError(f"The {what} {run_id!r} begins or ends with a blank; remove it.")
    if run_id.startswith("."):
        raise UsageError(f"The {what} {run_id!r} begins with a dot; use another first character.")
    return run_id


def check_project(project: str) -> str:
    """Return *project* if it can be a project's name, else raise UsageError saying what is wrong with it."""
    _check_text("project name", project, _MAX_NAME, _FORBIDDEN_IN_PROJECT)
    return project


def check_entity(entity: str) -> str:
    """Return *entity* if it can be the name of a user or team, else raise UsageError."""
    _check_text("entity", entity, _MAX_NAME, _FORBIDDEN_IN_PROJECT)
    return entity


def check_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return *tags* as a tuple without repeats; a bare string is one tag. UsageError for an empty or long one."""
    names = (tags,) if isinstance(tags, str) else tuple(tags)
    for tag in names:
        _check_text("tag", tag, _MAX_TAG, "")
    return tuple(dict.fromkeys(names))


def check_label(what: str, text: str) -> str:
    """Return *text*, a run's name, group or job type (*what* says which), or raise UsageError for an unusable one."""
    _check_text(what, text, _MAX_NAME, "")
    return text


def _check_text(what: str, text: object, longest: int, forbidden: str) -> None:
    if not isinstance(text, str):
        raise UsageError(f"The {what} must be text, not {type(text).__name__}.")
    if not text.strip():
        raise UsageError(f"The {what} is empty; give it at least one character or leave it out.")
    if len(text) > longest:
        raise UsageError(f"The {what} {text[:20]!r}... has {len(text)} characters; at most {longest} are allowed.")
    bad = sorted({character for character in text if character in forbidden or ord(character) < ord(" ")})
    if bad:
        raise UsageError(
            f"The {what} {text!r} contains {' '.join(map(repr, bad))}, which it must not; use - or _ instead."
        )


def _pick(words: tuple[str, ...], rng: Random | None) -> str:
    # 8 bytes over less than 256 words: the bias of the remainder is far below anything that could be noticed.
    index = rng.randrange(len(words)) if rng else int.from_bytes(os.urandom(8), "big") % len(words)
    return words[index]


ADJECTIVES = tuple(
    """
    able airy amber ample apt aqua autumn azure balmy blithe blooming blue bold bonny breezy bright brisk bronze
    calm candid caring cheerful cheery chestnut clear clever cloudy coastal cobalt cool copper coral cosmic cosy
    crimson crisp curious dapper daring dawn deep deft dewy distant dreamy dusky eager early earnest easy elated
    ember emerald even evening fair faithful fancy fern festive fine fleet floral flowing fluent fond forest
    fragrant free fresh friendly frosty gentle giddy gilded glad gleaming glowing golden good graceful grand
    grateful green hale handy happy hardy hazel hearty hidden honest hopeful humble icy indigo ivory jade jaunty
    jolly jovial joyful keen kind lasting lavender leafy lemon light likely lilac lively lofty loyal lucid lucky
    lunar magic maple marble mellow merry mighty mild mint misty modest mossy neat nimble noble northern novel ocean
    olive opal open orange patient peaceful pearly placid playful pleasant polished proud quick quiet radiant rainy
    rapid ready regal restful rosy royal ruby rustic sage sandy scarlet serene shady shining shy silent silver sleek
    smooth snowy snug soft solar solid southern sparkling spring spry stable starry steady stellar still stoic
    sturdy summer sunlit sunny supple sweet swift tall tidy tranquil trusty twilight upbeat valiant velvet verdant
    vernal vibrant violet vivid warm wavy western whimsical willing windy winter wise witty wooden young zesty
    """.split()  # noqa: SIM905 - a column of quoted words would bury the list
)

NOUNS = tuple(
    """
    acorn alder almond anchor apple apricot arbor ash aspen aster aurora badger bamboo banjo basil bay beacon beaver
    beech bell berry birch bird bloom bluebell boat breeze bridge brook butterfly cabin canary candle canoe canyon
    cape cedar cello cherry chime cicada citrus clearing cliff cloud clover coast cocoa comet compass coral cove
    crane creek cricket crocus crystal cypress daisy dawn deer delta dew dolphin dove dragonfly drift dune eagle
    echo elk elm ember falcon feather fern fiddle field finch fir firefly fjord flame flower flute foal forest
    fountain fox galaxy garden garnet geyser ginger glacier glade glow grape grove gull harbor harp hawk hazel
    heather heron hill holly honey horizon iris island ivy jasmine kestrel kettle kite koala lagoon lake lantern
    larch lark laurel leaf lemon lighthouse lily lime linden lotus lynx magnolia mango maple marble marigold marsh
    meadow melody melon meteor mist moon morning moss moth mountain nebula nest nightingale nutmeg oak oasis ocean
    olive orbit orchard orchid oriole osprey otter owl palm panda pansy papaya peach peak pear pearl pebble pelican
    penguin peony pepper petal phoenix piano pine planet plum pond poplar poppy prairie puffin quail quartz quill
    rabbit rain rainbow raven reef ridge river robin rose saffron sail salmon sapphire sea seal sequoia shell shore
    sky snow sparrow spring spruce squirrel star starling stone stream summit sun sunrise sunset swallow swan
    sycamore thicket thistle thrush tide topaz trail tree trout tulip turtle valley vine violet voyage walnut water
    waterfall wave whale wheat willow wind wood wren yew
    """.split()  # noqa: SIM905 - a column of quoted words would bury the list
)
