"""Where labelled examples are, as recipes say it."""

from pydantic import BaseModel, ConfigDict, Field

from lingweave.corpus import Column


class Examples(BaseModel):
    """Labelled examples in a file or on the hub.

    Where two languages meet, in questions about a context, a test's language is CONTEXT-QUESTION:
    of `de-en` {context} is `de` and {question} is `en`; of `de` both are `de`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(
        description="file in the task's format, or hub dataset; may hold {language}, or {context} "
        "and {question}"
    )
    columns: dict[str, Column] | None = Field(
        default=None,
        description="column of each field, by name or 0-based position; default: as published",
    )
    where: dict[str, str] = Field(
        default={}, description="take rows with these values in these columns; may hold {language}"
    )
    split: str | None = Field(
        default=None,
        description="of a hub dataset; default: train, for what is trained on; else none",
    )
    skip: int = Field(default=0, ge=0, description="pass over so many examples, the first")
    first: int | None = Field(default=None, ge=1, description="then take so many")
    language: str = Field(
        default="",
        description="where the score depends on it; default: the language that is trained on or "
        "tested, or English",
    )

    def of(self, language: str) -> "Examples":
        """The examples of one language: it is filled in wherever it is asked for."""
        context, _, question = language.partition("-")
        names = {"language": language, "context": context, "question": question or context}

        def filled(text: str) -> str:
            for name, value in names.items():
                text = text.replace(f"{{{name}}}", value)
            return text

        return self.model_copy(
            update={
                "path": filled(self.path),
                "where": {column: filled(value) for column, value in self.where.items()},
                "language": self.language or language,
            }
        )

    def to_train_on(self) -> "Examples":
        """The same; of a hub dataset the split `train`, where none is said."""
        return self if self.split else self.model_copy(update={"split": "train"})

    @property
    def names_language(self) -> bool:
        """Whether path or condition hold a language to be filled in."""
        names = ("{language}", "{context}", "{question}")
        return any(name in text for text in (self.path, *self.where.values()) for name in names)

    @property
    def context_language(self) -> str:
        """The language of the text that the answers are in."""
        return (self.language or "en").partition("-")[0]
