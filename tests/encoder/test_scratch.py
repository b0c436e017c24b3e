"""Encoders from nothing."""

import torch

from lingweave.encoder import Encoder, EncoderShape, new_encoder


def test_a_new_encoder_knows_the_words_of_its_texts(tmp_path):
    (tmp_path / "a.txt").write_text("the cat sleeps .\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("die Katze schläft .\n", encoding="utf-8")
    texts = [tmp_path / "a.txt", tmp_path / "b.txt"]
    shape = EncoderShape(layers=2, width=16, heads=2, max_length=24)
    state = torch.get_rng_state()
    encoder = new_encoder(texts, shape, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    assert isinstance(encoder, Encoder)
    assert not encoder.has_new_head
    assert len(encoder.tokenizer) == 5 + 7
    tokens = encoder.tokenizer.tokenize("die Katze sleeps . Hund")
    assert tokens == ["die", "Katze", "sleeps", ".", "[UNK]"]
    pair = encoder.tokenizer("the cat", "die Katze", return_token_type_ids=True)
    joined = " ".join(encoder.tokenizer.convert_ids_to_tokens(pair["input_ids"]))
    assert joined == "[CLS] the cat [SEP] die Katze [SEP]"
    assert pair["token_type_ids"] == [0] * 7  # no mark of what stands on the right
    assert encoder.model.config.vocab_size == 12
    assert encoder.model.config.max_position_embeddings == 24

    same, other = (new_encoder(texts, shape, seed=seed).model.state_dict() for seed in (1, 2))
    for name, weight in encoder.model.state_dict().items():
        assert torch.equal(weight, same[name])
    embeddings = "bert.embeddings.word_embeddings.weight"
    assert not torch.equal(encoder.model.state_dict()[embeddings], other[embeddings])
