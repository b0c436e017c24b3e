"""The claims of the literature that every study is held against, where it can be.

C1 to C17 and Q come from WEAM's paper (Yang et al. 2021, 2106.01732v2) and the questions around
it, P1 and P2 from Progressive Code-Switching (2406.13361v1), S1 from 2102.12407v1. The texts are
ours, and speak of kinds of tasks: the papers' inference is XNLI, their questions are MLQA. Margins
are ours too, since the papers speak of "about the same" and "close to", and say of their settings
only what they are: a recipe says its own in `margins`.
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
)

WEAM, PCS, INTERMEDIATE = "2106.01732v2", "2406.13361v1", "2102.12407v1"
_INFERENCE, _QUESTIONS = ["nli"], ["mlqa", "xquad", "tydiqa"]
_BOTH = [*_INFERENCE, *_QUESTIONS]


def _translated(system: str) -> Side:
    return Side(system=system, setting="translate-train")


PUBLISHED: tuple[AnyClaim, ...] = (
    ResultClaim(
        id="Q",
        text="code-switched MLM changes zero-shot macro-F1 for the better, against MLM on the "
        "same sentences",
        first=Side(system="code-switched"),
        second=Side(system="mlm"),
        tasks=_INFERENCE,
        metric="macro_f1",
    ),
    ResultClaim(
        id="C1",
        text="TLM beats the encoder as it is, zero-shot",
        source=WEAM,
        first=Side(system="tlm"),
        second=Side(system=BASE),
        tasks=_BOTH,
    ),
    ResultClaim(
        id="C2",
        text="TLM is worse than the encoder as it is, in translate-train",
        source=WEAM,
        first=_translated("tlm"),
        second=_translated(BASE),
        relation="less",
        tasks=_BOTH,
    ),
    ResultClaim(
        id="C3",
        text="WEAM raises the zero-shot scores",
        source=WEAM,
        first=Side(system="weam"),
        second=Side(system=BASE),
        tasks=_BOTH,
    ),
    ResultClaim(
        id="C4",
        text="WEAM beats the encoder as it is, in translate-train",
        source=WEAM,
        first=_translated("weam"),
        second=_translated(BASE),
        tasks=_BOTH,
    ),
    ResultClaim(
        id="C5",
        text="zero-shot WEAM exceeds translate-train of the encoder as it is, on questions",
        source=WEAM,
        first=Side(system="weam"),
        second=_translated(BASE),
        tasks=_QUESTIONS,
    ),
    ResultClaim(
        id="C6",
        text="TLM and word alignment gain about the same on inference",
        source=WEAM,
        first=Side(system="tlm"),
        second=Side(system="word-aligned"),
        relation="equivalent",
        margin=0.01,
        tasks=_INFERENCE,
    ),
    ResultClaim(
        id="C7",
        text="WEAM beats TLM on inference",
        source=WEAM,
        first=Side(system="weam"),
        second=Side(system="tlm"),
        tasks=_INFERENCE,
    ),
    ResultClaim(
        id="C7",
        text="WEAM beats word alignment on inference",
        source=WEAM,
        first=Side(system="weam"),
        second=Side(system="word-aligned"),
        tasks=_INFERENCE,
    ),
    ResultClaim(
        id="C8",
        text="zero-shot WEAM comes close to translate-train of the encoder as it is, on inference",
        source=WEAM,
        first=Side(system="weam"),
        second=_translated(BASE),
        relation="non-inferior",
        margin=0.02,
        tasks=_INFERENCE,
    ),
    LengthClaim(
        id="C9",
        text="inputs of inference are shorter than those of questions, and long ones lose more by "
        "translation",
        source=WEAM,
        short=_INFERENCE,
        long=_QUESTIONS,
    ),
    SettingClaim(
        id="C10",
        text="masking probability 0.3",
        source=WEAM,
        section="weam",
        option="masking",
        value=0.3,
        margin=0.01,
    ),
    SettingClaim(
        id="C11",
        text="learning rate 5e-5",
        source=WEAM,
        section="pretraining",
        option="learning_rate",
        value=5e-5,
    ),
    SettingClaim(
        id="C12",
        text="batch size 32",
        source=WEAM,
        section="pretraining",
        option="batch_size",
        value=32,
    ),
    SettingClaim(
        id="C13",
        text="sequences of at most 128 pieces",
        source=WEAM,
        section="pretraining",
        option="max_length",
        value=128,
    ),
    SettingClaim(
        id="C14",
        text="2 epochs of pre-training",
        source=WEAM,
        section="pretraining",
        option="epochs",
        value=2,
    ),
    SettingClaim(
        id="C15",
        text="λ = 1 between the two losses",
        source=WEAM,
        section="weam",
        option="cross_weight",
        value=1.0,
        margin=0.01,
    ),
    MethodClaim(
        id="C16",
        text="word pairs come from FastAlign on parallel sentences",
        source=WEAM,
        role="weam",
        aligner="fast-align",
        answer="lingweave.alignment; tests/alignment/test_fast_align_reference.py",
    ),
    MethodClaim(
        id="C17",
        text="each masked token is predicted twice, in its own context and across languages",
        source=WEAM,
        role="weam",
        answer="lingweave.objectives.weam; tests/objectives/test_weam.py",
    ),
    RatioClaim(
        id="P1",
        text="too much code-switching hurts transfer",
        source=PCS,
        role="code-switched",
        option="max_switched",
        setting="code-switched",
        setting_option="token_ratio",
    ),
    CurriculumClaim(
        id="P2",
        text="code-switching from easy to hard words beats that of random words",
        source=PCS,
    ),
    ResultClaim(
        id="S1",
        text="an intermediate task beats plain transfer on code-mixed sentiment, zero-shot",
        source=INTERMEDIATE,
        first=Side(system=BASE),
        second=Side(system=BASE),
        tasks=["sentiment"],
        supervised=False,
        after_intermediate=True,
    ),
    ResultClaim(
        id="S1",
        text="an intermediate task beats plain transfer on code-mixed sentiment, supervised",
        source=INTERMEDIATE,
        first=Side(system=BASE),
        second=Side(system=BASE),
        tasks=["sentiment"],
        supervised=True,
        after_intermediate=True,
    ),
)
