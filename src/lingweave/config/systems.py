"""Sections of a recipe up to the trained encoder: where it comes from, which systems are made."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    create_model,
    model_validator,
)

from lingweave.alignment import Symmetrization
from lingweave.config.sections import EACH_ONCE, Seed, Strict
from lingweave.encoder import EncoderShape
from lingweave.objectives import OBJECTIVES, ObjectiveOptions
from lingweave.training import TrainingOptions


def _number_or_each(value: Any, read: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401
    """One error for both, in place of pydantic's for each of them."""
    try:
        return read(value)
    except ValidationError as error:
        raise ValueError("give a whole number from 0, or `each`") from error


class ScratchEncoder(Strict):
    """A small encoder trained from nothing on unpaired text, for controlled experiments."""

    texts: list[str] = Field(min_length=1, description="plain text, one sentence a line")
    shape: EncoderShape = EncoderShape()
    masking: float = Field(default=0.15, gt=0, lt=1, description="1810.04805: 0.15")
    training: TrainingOptions = TrainingOptions()
    seed: Annotated[Seed | Literal["each"], WrapValidator(_number_or_each)] = Field(
        default=1,
        description="each: that of the pre-training, so that every seed has an encoder of its own",
    )


class EncoderSource(Strict):
    """Where the encoder comes from: one of the two."""

    checkpoint: str | None = Field(default=None, description="directory or hub name")
    scratch: ScratchEncoder | None = Field(default=None, description="trained here, from nothing")

    @model_validator(mode="after")
    def _one_of_two(self) -> "EncoderSource":
        if (self.checkpoint is None) == (self.scratch is None):
            raise ValueError("give either `checkpoint` or `scratch`")
        return self

    @property
    def is_drawn_anew(self) -> bool:
        """Whether each seed of pre-training starts from an encoder of its own."""
        return self.scratch is not None and self.scratch.seed == "each"


class HeadWarmup(TrainingOptions):
    """Training of a new masked-LM head, the encoder frozen, the same for every system."""

    learning_rate: float = Field(default=1e-3, gt=0, description="only the head moves")
    max_updates: int | None = Field(default=300, ge=1)
    masking: float = Field(default=0.15, gt=0, lt=1, description="1810.04805: 0.15")


class Untrained(Strict):
    """The encoder as it is, without continued pre-training."""

    objective: Literal["none"] = "none"


class Feed(Strict):
    """What a system is trained on, where that is not all that the recipe's bitexts give."""

    symmetrization: Symmetrization | None = Field(
        default=None, description="how the links are joined; default: as in `alignment`"
    )
    max_pairs: int | None = Field(
        default=None, ge=1, description="of each bitext so many pairs, the first; default: all"
    )
    links: Literal["aligned", "gold"] = Field(
        default="aligned", description="gold: the true ones, as every bitext's `gold` has them"
    )
    damage: float = Field(
        default=0.0, ge=0, le=1, description="share of the links that are made wrong on purpose"
    )


def _fed(options: type[ObjectiveOptions]) -> type[BaseModel]:
    """The options of an objective with those of what feeds it: a system of a recipe."""
    bases: tuple[type[BaseModel], ...] = (options, Feed)
    return create_model(options.__name__, __base__=bases)


if TYPE_CHECKING:
    AnySystem = ObjectiveOptions | Untrained
else:
    AnySystem = Annotated[
        Union[(Untrained, *(_fed(registered.options) for registered in OBJECTIVES.values()))],
        Field(discriminator="objective"),
    ]
    """The options of any registered objective, told apart by its name."""


def feed_of(system: ObjectiveOptions) -> Feed:
    """What a system is fed; an objective outside a recipe takes all that there is."""
    if not isinstance(system, Feed):
        return Feed()
    return Feed(**{name: getattr(system, name) for name in Feed.model_fields})


def options_of(system: BaseModel) -> dict[str, Any]:
    """The options of a system as JSON has them, without those of its feed that are by default."""
    options = system.model_dump(mode="json")
    for name, field in Feed.model_fields.items():
        if name in options and options[name] == field.default:
            del options[name]
    return options


class Pretraining(TrainingOptions):
    """Continued pre-training, the same for every system."""

    max_length: int = Field(
        default=128, ge=8, description="pieces of one sentence, special tokens counted (2106.01732)"
    )
    frozen_layers: int | None = Field(
        default=None,
        ge=0,
        description="keep the embeddings and so many layers above them; default: train all",
    )
    seeds: Annotated[list[Seed], EACH_ONCE] = Field(default=[1], min_length=1)
