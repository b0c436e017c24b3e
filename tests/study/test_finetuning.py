"""What is refused before a model is fine-tuned or tested."""

import pytest
from transformers import BertConfig, BertModel

from encoder.tiny_checkpoints import SHAPE, TOKENIZERS
from lingweave.config import Finetuning
from lingweave.errors import CheckpointError
from lingweave.study.finetuning import Material, Provenance, evaluate_model, finetune_encoder
from lingweave.study.stage import Workplace
from lingweave.tasks import NLI, Examples


def test_another_encoders_tokenizer_is_refused(tmp_path):
    """Its last pieces would be looked up behind the end of the embeddings."""
    tokenizer = TOKENIZERS["wordpiece"]
    encoder, model = tmp_path / "encoder", tmp_path / "model"
    BertModel(BertConfig(vocab_size=59, **SHAPE)).save_pretrained(encoder)
    NLI.new_model(encoder, seed=1).save_pretrained(model)
    for folder in (encoder, model):
        tokenizer.save_pretrained(folder)
    place = Workplace(tmp_path, tmp_path, {"encoder": encoder, "model": model}, None)
    problem = f"has {len(tokenizer)} pieces, but the weights embed 59; put the tokenizer"
    with pytest.raises(CheckpointError, match=f"^{encoder}: its tokenizer {problem}"):
        finetune_encoder(place, "nli", Material(train=[], dev=[]), Finetuning(), seed=1)
    tests, facts = {"en": Examples(path="none.tsv")}, Provenance(model="", data={}, seeds="")
    with pytest.raises(CheckpointError, match=f"^{model}: its tokenizer {problem}"):
        evaluate_model(place, "nli", tests, 16, "fp32", facts)
