"""Settings of one training run."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Precision = Literal["auto", "bf16", "fp32"]


class TrainingOptions(BaseModel):
    """How to train; by default as WEAM (2106.01732) was, where its paper says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    learning_rate: float = Field(default=5e-5, gt=0, description="peak, of AdamW (2106.01732)")
    batch_size: int = Field(default=32, ge=1, description="examples in an update (2106.01732)")
    micro_batch_size: int | None = Field(
        default=None,
        ge=1,
        description="examples computed at once; less memory, the same result, dropout aside",
    )
    epochs: int = Field(default=2, ge=1, description="passes over the examples (2106.01732)")
    max_updates: int | None = Field(
        default=None, ge=1, description="exactly so many updates, whatever `epochs` says"
    )
    warmup: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="updates with a rising rate, 0–1 (BERT: 0.1)",
    )
    weight_decay: float = Field(default=0.01, ge=0, description="of matrices (BERT: 0.01)")
    max_gradient_norm: float = Field(default=1.0, gt=0, description="clipping (BERT: 1.0)")
    precision: Precision = Field(
        default="auto", description="bf16 where the machine computes in it, else fp32"
    )
    attention_dropout: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="in place of the encoder's own; 0 is faster on a CPU",
    )
    checkpoint_updates: int = Field(
        default=200,
        ge=1,
        description="updates between checkpoints; more where these would take over 5 % of the time",
    )
    tracker: Literal["tensorboard"] | None = Field(
        default=None, description="also write loss and rate for this tracker"
    )
