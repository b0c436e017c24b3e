"""Recipes: what a study is made of, read from YAML and checked before any work.

In: a YAML file. Out: a `Recipe`, or an error with the line. A recipe names the encoder, the
parallel text, the systems to compare, the tasks, the settings and the seeds. Strings may hold
`${NAME}` or `${NAME:-default}`, taken from the environment, and `${twins}`, the folder of the
built-in twin languages when the recipe has a `twins` section. Relative paths start at the working
directory.
"""

from lingweave.config.claims import (
    BASE,
    AnyClaim,
    CurriculumClaim,
    LengthClaim,
    MethodClaim,
    RatioClaim,
    ResultClaim,
    SettingClaim,
    Side,
    player,
)
from lingweave.config.loading import load_recipe
from lingweave.config.published_claims import PUBLISHED
from lingweave.config.recipe import TWINS_VARIABLE, Recipe
from lingweave.config.systems import (
    Alignment,
    AnySystem,
    BitextSource,
    EncoderSource,
    Feed,
    HeadWarmup,
    Pretraining,
    ScratchEncoder,
    Strict,
    Untrained,
    feed_of,
    options_of,
)
from lingweave.config.tasks import (
    ENGLISH,
    Finetuning,
    LexiconSource,
    Progressive,
    Rule,
    Setting,
    TaskSource,
)

__all__ = [
    "BASE",
    "ENGLISH",
    "PUBLISHED",
    "TWINS_VARIABLE",
    "Alignment",
    "AnyClaim",
    "AnySystem",
    "BitextSource",
    "CurriculumClaim",
    "EncoderSource",
    "Feed",
    "Finetuning",
    "HeadWarmup",
    "LengthClaim",
    "LexiconSource",
    "MethodClaim",
    "Pretraining",
    "Progressive",
    "RatioClaim",
    "Recipe",
    "ResultClaim",
    "Rule",
    "ScratchEncoder",
    "Setting",
    "SettingClaim",
    "Side",
    "Strict",
    "TaskSource",
    "Untrained",
    "feed_of",
    "load_recipe",
    "options_of",
    "player",
]
