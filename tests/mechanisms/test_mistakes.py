"""What a scheme file gets wrong is reported with file, field, what was expected and what was got."""

import re

import pytest

from costmodel import mechanisms
from costmodel.errors import CostModelError, FactError, InputError, UnknownName
from costmodel.evaluation.assemble.deployments import resolve_deployment
from costmodel.evaluation.assemble.evaluators import build_evaluator
from costmodel.evaluation.compile import compiled

HEAD = 'name = "Mine"\nsource = "this test"\n'
KNOB = '[knobs.budget]\nmeaning = "Kept"\nunit = "token/sequence"\ndefault = "64 token/sequence"\n'
EVICT = '[[mechanism]]\nkind = "evict"\nbudget = {}\n'
TILE = '[[mechanism]]\nkind = "quantize"\nbits = "4 bit"\nmetadata = "32 bit"\ntile = {}\n'
GROUP = '[knobs.group]\nmeaning = "Numbers of a group"\ndefault = {}\n'
QUANTIZE = '[[mechanism]]\nkind = "quantize"\nbits = "{}"\n'
REDEFINE = '[[mechanism]]\nkind = "redefine"\n{}\n'
TOWER = "(" * 24 + "9" + "**3)" * 24
# What is wrong, the file, and words that the message must contain.
WRONG = {
    "unknown key": (HEAD + "colour = 1\n", ["mine.toml", "no key 'colour'"]),
    "missing source": ('name = "Mine"\n', ["mine.toml", "source is missing"]),
    "no TOML": ("name = \n", ["mine.toml", "not a TOML file", "line 1"]),
    "unknown kind": (HEAD + '[[mechanism]]\nkind = "quantise"\n', ["mechanism[0]", "'quantise'", "quantize"]),
    "no kind": (HEAD + '[[mechanism]]\nbits = "4 bit"\n', ["mechanism[0]", "kind", "None"]),
    "unknown field": (HEAD + EVICT.format('"64 token/sequence"') + "budgets = 1\n", ["'budgets'", "budget", "evict"]),
    "missing field": (
        HEAD + '[[mechanism]]\nkind = "evict"\n',
        ["mechanism[0].budget", "missing", "tokens of a sequence"],
    ),
    "wrong unit": (HEAD + EVICT.format('"64 GB"'), ["mechanism[0].budget", "'64 GB'", "token/sequence"]),
    "bare bytes": (
        HEAD + '[[mechanism]]\nkind = "quantize"\nbits = 4\n',
        ["mechanism[0].bits", "bare number 4", "byte"],
    ),
    "expression of another unit": (HEAD + EVICT.format('"context * 2 + batch"'), ["mechanism[0].budget", "mixes"]),
    "unknown name": (HEAD + EVICT.format('"buget"') + KNOB, ["mechanism[0].budget", "no name 'buget'"]),
    "a call": (HEAD + EVICT.format("\"open('x')\""), ["mechanism[0].budget", "cannot use"]),
    "bad word": (
        HEAD + EVICT.format('"64 token/sequence"') + 'trigger = "never"\n',
        ["mechanism[0].trigger", "'never'", "step, prefill_end"],
    ),
    "word for a list": (
        HEAD + '[[mechanism]]\nkind = "quantize"\nbits = "4 bit"\ntile = "all"\n',
        [".tile", "list of 3"],
    ),
    "short list": (HEAD + '[[mechanism]]\nkind = "quantize"\nbits = "4 bit"\ntile = [1, 2]\n', [".tile", "list of 3"]),
    "truth for a number": (HEAD + EVICT.format("true"), ["mechanism[0].budget", "True"]),
    "no slot": (HEAD + '[[mechanism]]\nkind = "redefine"\nkept = "context"\n', ["mechanism[0]", "no slot 'kept'"]),
    "a formula for a slot": (HEAD + '[[mechanism]]\nkind = "redefine"\nstep_time = "1 s"\n', ["no slot 'step_time'"]),
    "slot of another unit": (
        HEAD + '[[mechanism]]\nkind = "redefine"\nkept_tokens = "batch"\n',
        ["mechanism[0].kept_tokens", "sequence", "expected token/sequence"],
    ),
    "mechanism no list": (HEAD + '[mechanism]\nkind = "evict"\n', ["mechanism", "[[mechanism]] tables"]),
    "knob without default": (HEAD + '[knobs.budget]\nmeaning = "x"\n', ["knobs.budget", "default is missing"]),
    "knob with a capital": (HEAD + '[knobs.Budget]\nmeaning = "x"\ndefault = 1\n', ["knobs.Budget", "lower-case"]),
    "knob beyond its bounds": (
        HEAD + KNOB + 'low = "128 token/sequence"\n',
        ["knob budget", "64 token/sequence", "expected 128"],
    ),
    "nothing": (HEAD, ["mine.toml", "expected a [[mechanism]]"]),
    "a tile of 0 tokens": (HEAD + TILE.format("[0, 1, 1]"), ["mine.toml: mechanism[0].tile", "from 1", "got 0"]),
    "a tile of a knob at 0": (
        HEAD + TILE.format('[1, "group", 1]') + GROUP.format(0),
        ["mine.toml: mechanism[0].tile", "from 1", "got 0 from 'group' (knob group = 0)"],
    ),
    "a tile below 0": (
        HEAD + TILE.format('[1, "group - 64", 1]') + GROUP.format(32),
        ["mechanism[0].tile", "got -32 from 'group - 64' (knob group = 32)"],
    ),
    "a knob at 0 as divisor": (
        HEAD + EVICT.format('"context / group"') + GROUP.format('"0"'),
        ["mechanism[0].budget", "above 0", "got 0 from 'context / group' (knob group = 0)"],
    ),
    "a unit of no token": (
        HEAD + '[[mechanism]]\nkind = "select"\nbudget = "64 token/sequence"\nunit = "0 token"\n',
        ["mechanism[0].unit", "above 0", "got 0 from '0 token'"],
    ),
    "negative bits": (HEAD + QUANTIZE.format("-3 bit"), ["mechanism[0].bits", "above 0, at most 4 byte", "'-3 bit'"]),
    "64 bits": (HEAD + QUANTIZE.format("64 bit"), ["mechanism[0].bits", "at most 4 byte", "'64 bit'"]),
    "negative metadata": (
        HEAD + TILE.format("[32, 1, 1]").replace('"32 bit"', '"-16 bit"'),
        ["mechanism[0].metadata", "from 0 byte", "'-16 bit'"],
    ),
    "negative instructions": (
        HEAD + QUANTIZE.format("4 bit") + "decode_instructions = -5\n",
        ["mechanism[0].decode_instructions", "from 0", "got -5"],
    ),
    "a budget below 0": (HEAD + EVICT.format('"-64 token/sequence"'), ["mechanism[0].budget", "above 0", "-64"]),
    "a share above 1": (HEAD + '[[mechanism]]\nkind = "dedup"\nduplicates = 1.5\n', [".duplicates", "0 to 1", "1.5"]),
    "a slot below 0": (
        HEAD + '[[mechanism]]\nkind = "redefine"\nkey_bits = "-2 bit"\n',
        ["mechanism[0].key_bits", "from 0 byte", "'-2 bit'"],
    ),
    "a flag of 5": (HEAD + REDEFINE.format("prefix_cacheable = 5"), ["prefix_cacheable", "from 0 to 1", "got 5"]),
    "nothing kept": (
        HEAD + REDEFINE.format('kept_tokens = "0 * context"'),
        ["kept_tokens", "above 0", "'0 * context'"],
    ),
    "more kept than there are": (
        HEAD + REDEFINE.format('kept_tokens = "2 * context"'),
        ["mine.toml: mechanism[0].kept_tokens", "at most the context", "got 2 at context = 1"],
    ),
    "a pole within range": (
        HEAD
        + REDEFINE.format(
            'kept_tokens = "min(context, 1000*token/sequence)/(context-16384*token/sequence)*token/sequence"'
        ),
        ["mechanism[0].kept_tokens", "above 0", "at context = 1"],
    ),
    "a budget that is negative at short contexts": (
        HEAD + EVICT.format('"context - 100 * token / sequence"'),
        ["mechanism[0].budget", "above 0", "got -99 at context = 1"],
    ),
    "a knob that may be 0 as a tile": (
        HEAD + TILE.format('[1, "group", 1]') + GROUP.format(32) + "low = 0\n",
        ["mechanism[0].tile", "from 1", "got 0 at context = 1, group = 0"],
    ),
    "no source": (HEAD.replace("this test", " ") + EVICT.format('"64 token/sequence"'), ["source", "expected text"]),
    "a list as a name": ('name = [1]\nsource = "b"\n', ["name: expected text, got [1]"]),
    "a list as a kind": (HEAD + '[[mechanism]]\nkind = ["evict"]\n', ["mechanism[0]: kind: expected text"]),
    "a number as a baseline": (HEAD + "baseline = 5\n", ["baseline: expected text, got 5"]),
    "a number as a unit": (HEAD + KNOB.replace('"token/sequence"', "5", 1), ["knobs.budget.unit", "as text", "got 5"]),
    "no unit": (HEAD + KNOB.replace('"token/sequence"', '"tokn"', 1), ["knobs.budget.unit", "'tokn'"]),
    "a tower as a unit": (
        HEAD + KNOB.replace('"token/sequence"', '"bit**9**9**9"', 1),
        ["knobs.budget.unit", "none upon"],
    ),
    "a tower of powers": (
        HEAD + QUANTIZE.format("1 bit") + f'decode_instructions = "{TOWER}"\n',
        ["mechanism[0].decode_instructions", "powers of powers up to 9"],
    ),
    "a tower in a unit": (HEAD + QUANTIZE.format("1 bit**9**9**9**9"), ["mechanism[0].bits", "none upon another"]),
    "65 mechanisms": (HEAD + 65 * EVICT.format('"64 token/sequence"'), ["mechanism: expected at most 64, got 65"]),
    "unknown lifecycle": (HEAD + '[lifecycle]\nencoded = "x"\n', ["lifecycle", "'encoded'"]),
}


@pytest.fixture
def write(data_folder):
    def write_scheme(text):
        (data_folder / "schemes" / "mine.toml").write_text(text)
        return "mine"

    return write_scheme


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_in_a_file(write, what):
    text, words = WRONG[what]
    with pytest.raises(FactError) as error:
        compiled.load_scheme(write(text))
    for word in words:
        assert word in str(error.value)


def test_a_knob_in_a_sentence_is_checked_as_a_divisor(write):
    name = write(HEAD + TILE.format('[1, "group", 1]') + GROUP.format('"64"'))
    assert compiled.load_scheme(f"{name}[group=32]").id == "mine[group=32]"
    assert compiled.load_scheme(f"{name}[group=64]").id == "mine", "text for a pure number is read as the number"
    with pytest.raises(
        FactError, match=r"mine\.toml: mechanism\[0\]\.tile: expected a whole number from 1, got 0.*knob group = 0"
    ):
        compiled.load_scheme(f"{name}[group=0]")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TILE.format("[32.5, 1, 1]"), "tile: expected a whole number from 1, got 32.5"),
        (TILE.format('[1, "group / 3", 1]') + GROUP.format("64"), "tile: expected a whole number from 1, got 21.3333"),
        (TILE.format('["all", "all", 1.5]'), "tile: expected a whole number from 1, got 1.5"),
        ('[[mechanism]]\nkind = "project"\ntarget = "key"\nrank = 64\ngroup = 2.5\n', "group: expected a whole number from 1"),
        ('[[mechanism]]\nkind = "quantize"\nbits = "4 bit"\nskip_first = 0.5\n', "skip_first: expected a whole number from 0"),
        ('[[mechanism]]\nkind = "select"\nbudget = "64 token/sequence"\nunit = "1.5 token"\n',
         "unit: expected a whole number above 0 token"),
    ],
)  # fmt: skip
def test_what_is_counted_is_whole(write, text, words):
    with pytest.raises(FactError, match=re.escape(words)):
        compiled.load_scheme(write(HEAD + text))


def test_a_knob_of_a_tile_is_whole(write):
    with pytest.raises(
        FactError, match=r"expected a whole number from 1, got 48\.5 from 'group' \(knob group = 48\.5\)"
    ):
        compiled.load_scheme("kivi-2bit[group=48.5]")
    assert compiled.load_scheme("kivi-2bit[group=48]").knobs["knob0__group"] == 48


@pytest.mark.parametrize("more", ['baseline = "mha"\n', '[lifecycle]\nencode_when = "never"\ndecode_when = "never"\n'])
def test_a_file_that_changes_nothing_says_what_it_is(write, more):
    assert compiled.load_scheme(write(HEAD + more)).slots == compiled.load_scheme("none").slots


MECHANISM = """
from costmodel.mechanisms.base import Mechanism


class Mine(Mechanism):
    {}
    fields = {{}}

    def apply(self, pipeline, fields):
        pass


MECHANISM = Mine{}
"""


@pytest.mark.parametrize(
    ("kind", "call", "words"),
    [
        ('kind = "evict"', "()", ["mechanism 'evict'", "evict.py"]),
        ("", "()", ["kind: expected a str, got None"]),
        ('kind = "mine"', "", ["MECHANISM: expected a Mechanism"]),
    ],
)
def test_a_mistake_in_the_file_of_a_mechanism(kind, call, words, tmp_path, monkeypatch):
    name = f"mechanism_of_a_test_{len(kind)}"
    (tmp_path / f"{name}.py").write_text(MECHANISM.format(kind, call))
    monkeypatch.setattr(mechanisms, "__path__", [*mechanisms.__path__, str(tmp_path)])
    with pytest.raises(InputError) as error:
        mechanisms.load_mechanisms()
    for word in [f"{name}.py", *words]:
        assert word in str(error.value)


@pytest.mark.parametrize("slot", ["kept_tokens", "read_tokens"])
def test_slots_that_stand_on_each_other_are_refused(write, slot):
    # read_tokens is kept_tokens unless redefined, so this is a circle; an endless recursion would be a defect of ours
    body = '[[mechanism]]\nkind = "redefine"\nkept_tokens = "read_tokens"\n'
    with pytest.raises(CostModelError):
        scheme = compiled.load_scheme(write(HEAD + body))
        build_evaluator(resolve_deployment("llama-3.1-8b", "h100-sxm"), scheme, 1.0, 100.0)[slot]


def test_a_slot_may_stand_on_its_former_self(write):
    body = '[[mechanism]]\nkind = "redefine"\nkept_tokens = "min(kept_tokens, 2 * prompt)"\n'
    scheme = compiled.load_scheme(write(HEAD + body))
    evaluator = build_evaluator(resolve_deployment("llama-3.1-8b", "h100-sxm"), scheme, 1.0, 100.0, prompt=10.0)
    assert evaluator["kept_tokens"].item() == 20


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("h2", ["scheme", "h2o"]),
        ("kivi-3bit", ["kivi-2bit"]),
        ("h2o[bugdet=1]", ["no knob 'bugdet'", "budget", "h2o"]),
        ("h2o[budget]", ["'budget'", "knob=value"]),
        ("h2o[budget=]", ["knob=value"]),
        ("h2o[budget=1]", ["got 1", "expected 64 to 131072 token/sequence"]),
        ("h2o[budget=nan]", ["knob budget"]),
        ("h2o[budget=1 GB]", ["knob budget", "'1 GB'", "token/sequence"]),
        ("h2o[budget=abc]", ["knob budget", "'abc'"]),
        ("h2o[budget=1024", ["cannot read"]),
        ("h2o]budget[", ["cannot read"]),
        ("h2o +", ["cannot read"]),
        ("+", ["cannot read"]),
        ("", ["got nothing"]),
        ("   ", ["got nothing"]),
        ("nosuch.toml", ["nosuch.toml", "no such file"]),
    ],
)
def test_a_mistake_in_a_sentence(text, words):
    with pytest.raises((FactError, UnknownName)) as error:
        compiled.load_scheme(text)
    for word in words:
        assert word in str(error.value)
