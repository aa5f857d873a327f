"""The mirror says what the file says: fields with their knobs put in, bytes by hand, reasons, and what is left open."""

import pytest

from costmodel.evaluation.compile.compiled import load_scheme
from costmodel.report.sections import mirror
from costmodel.report.sections.mechanisms import read_mechanisms

TOKEN = 131_072  # bytes of a cached token of Llama 3.1 8B at 16 bit: 32 layers × 2 × 8 heads × 128 × 2 B


def test_bytes_by_hand(subject):
    size = mirror.compute(subject("c-kivi"), {}).sizes[0]
    # 2 bit, and 32 bit for 64 numbers: 2.5 of 16 bit. The zone: keys of 64 and values of 128 tokens, 13.5 bit more each.
    assert size.token == 20_480 == TOKEN * 2.5 / 16
    zone = (64 + 128) / 2 * TOKEN * 13.5 / 16
    assert zone == 10_616_832
    assert size.context == 1024 and size.sequence == pytest.approx(1024 * 20_480 + zone)
    assert size.baseline_token == TOKEN and size.ratio == pytest.approx(0.23535, abs=1e-4)


def test_a_full_budget_grows_no_more(subject):
    sizes = mirror.compute(subject("d-h2o-4bit"), {}).sizes
    assert sizes[0].token > 0 and all(size.token == 0 for size in sizes[1:])
    # 5 bit (4, and 32 bit for 32 numbers) of 16, and 4 bytes of score a token, layer and KV head.
    assert sizes[-1].sequence == pytest.approx(2048 * (TOKEN * 5 / 16 + 4 * 8 * 32))


def test_fields_are_read_with_their_knobs(subject):
    keys, values, zone = mirror.compute(subject("c-kivi"), {}).mechanisms
    assert keys.sentence.startswith("keys are stored in 2 bit, one record of 32 bit for 64 tokens × 1 channel × 1 head")
    assert "1 token × 64 channels" in values.sentence
    assert (
        zone.sentence
        == "the newest 64 keys (mean over the fill) and 128 values stay at 16 bit; 128 tokens are coded together"
    )
    flush = next(field for field in zone.fields if field.name == "flush")
    assert (flush.written, flush.read, flush.is_default) == ("residual", "128", False)
    sinks = next(field for field in zone.fields if field.name == "sinks")
    assert sinks.is_default and sinks.read.startswith("0")


@pytest.mark.parametrize(
    ("scheme", "words"),
    [
        (
            "h2o",
            "2,048 tokens are kept, 1,024 of them the newest; the rest is dropped at every step, by attention scores",
        ),
        ("snapkv", "the rest is dropped at the end of the prompt"),
        ("streaming-llm", "the first 4 and the newest 2,044 tokens are kept"),
        ("quest", "a step reads 2,048 tokens, chosen in units of 16"),
        ("fp8", "keys and values are stored in 8 bit, scales fixed beforehand; decoded inside attention"),
        ("hf-quantized", "decoded in a pass before attention"),
        ("mla", "numbers of the latent, or of the code of one group of heads: 512"),
        ("palu", "inside attention, or in a pass before it: fused"),
        ("kvtc", "only while its conversation pauses"),
        ("duoattention", "newest tokens that the other heads keep: 256 tokens"),
    ],
)
def test_sentences_of_known_schemes(scheme, words):
    sentences = [m.sentence for part in load_scheme(scheme).spec.parts for m in read_mechanisms(part, "x.toml")]
    assert any(words in sentence for sentence in sentences), sentences


def test_every_known_scheme_can_be_put_into_words(subject):
    from costmodel.facts import store

    for name in store.files("schemes"):
        for part in load_scheme(name).spec.parts:
            assert all(m.sentence for m in read_mechanisms(part, "x")), name


def test_predicates_name_the_mechanism_that_decides(subject):
    read = {p.name: p for p in mirror.compute(subject("c-kivi"), {}).predicates}
    assert read["fork"].reason == "precise_zone: the 16-bit window lies outside of blocks, so every branch has its own"
    assert read["requantised"].text == "once" and read["requantised"].reason.startswith("quantize: ")
    assert read["prefix_shareable"].reason == "no mechanism changes it"
    assert read["prefix_multiple"].text == "every 128 tokens"
    # (64 + 128) / 2 tokens of 16 bit are private to a branch, and half a tile: 13.24 MB.
    assert read["fork_copy"].text.startswith("13.24 MB")


def test_what_a_file_declares_is_said_to_be_declared(tmp_path):
    from costmodel.evaluation.assemble.deployments import resolve_deployment
    from costmodel.report.subject import Subject

    path = tmp_path / "mine.toml"
    path.write_text(
        'name = "x"\nsource = "y"\n[[mechanism]]\nkind = "redefine"\nkey_bits = "8 bit"\n[lifecycle]\nreversible = false\n'
    )
    deployment = resolve_deployment("llama-3.1-8b", "h100-sxm", ranks=1, engine="vllm")
    image = mirror.compute(Subject(str(path), load_scheme(str(path)), deployment), {})
    by_name = {p.name: p for p in image.predicates}
    assert by_name["reversible"].reason == "mine declares it" and by_name["reversible"].is_stated
    assert not by_name["requantised"].is_stated and any(text.startswith("requantised") for text in image.unstated)


def test_what_is_left_open_is_named(subject):
    unstated = mirror.compute(subject("d-h2o-4bit"), {}).unstated
    assert any("decode_instructions" in text for text in unstated)
    assert any("encode_instructions" in text and "free" in text for text in unstated)
    assert mirror.compute(subject("c-kivi"), {}).unstated == ()


def test_conflicts_are_those_of_the_scheme_under_the_blocks_of_the_engine(subject):
    def read(text: str, deployment) -> dict[str, str]:
        from costmodel.report.subject import Subject

        proposal = subject(text)
        image = mirror.compute(Subject(proposal.text, proposal.scheme, deployment), {})
        return {one.rule: one.text for one in image.conflicts}

    deployment = subject("c-kivi").deployment
    kivi = read("c-kivi", deployment)
    assert "64 tokens (c-kivi (quantize)) does not divide a block of 16" in kivi["a tile over several blocks"]
    assert "multiples of 128 tokens" in kivi["a prefix of whole flushes"]
    assert "replaces single tokens" in read("d-h2o-4bit", deployment)["tokens replaced inside a tile"]
    wide = deployment.with_options(engine=_with_blocks(subject, 64))
    assert set(read("c-kivi", wide)) == {"a prefix of whole flushes"} and read("fp8", wide) == {}


def _with_blocks(subject, tokens):
    from dataclasses import replace

    engine = subject("c-kivi").deployment.engine
    return replace(engine, numbers={**engine.numbers, "block_size": float(tokens)})
