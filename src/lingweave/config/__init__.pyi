from .claimed_tasks import task_pairs
from .claims import (
    BASE,
    AnyClaim,
    CurriculumClaim,
    LengthClaim,
    MethodClaim,
    RatioClaim,
    ResultClaim,
    SettingClaim,
    Side,
)
from .loading import load_recipe
from .parallel_text import Alignment, BitextSource
from .published_claims import PUBLISHED
from .recipe import TWINS_VARIABLE, Recipe
from .sections import NAME_PATTERN, Strict
from .systems import (
    AnySystem,
    EncoderSource,
    Feed,
    HeadWarmup,
    Pretraining,
    ScratchEncoder,
    Untrained,
    feed_of,
    options_of,
)
from .tasks import (
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
    "NAME_PATTERN",
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
    "task_pairs",
]
