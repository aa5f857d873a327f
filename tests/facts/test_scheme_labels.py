"""The text that names a scheme is read as the same scheme again, units included."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import FactError
from costmodel.facts.schemes import parse_scheme


@pytest.mark.parametrize(
    "text",
    [
        "hypothetical[overhead=10us]", "hypothetical[saving=0.4,overhead=0.01 s]", "h2o[budget=1024]",
        "kivi-2bit[group=64,residual=64]+streaming-llm[recent=508]",
    ],
)  # fmt: skip
def test_a_label_can_be_pasted_back(text):
    spec = parse_scheme(text)
    again = parse_scheme(spec.id)
    assert again.id == spec.id
    for own, known in zip(again.parts, spec.parts, strict=True):
        assert own.knobs == pytest.approx(known.knobs, rel=1e-11)


def test_a_time_keeps_its_unit():
    assert parse_scheme("hypothetical[overhead=10us]").id == "hypothetical[overhead=1e-05 second]"
    assert parse_scheme("h2o[budget=1024]").id == "h2o[budget=1024]"


@given(st.floats(1e-7, 9.0), st.floats(0.0, 0.98))
def test_every_number_can_be_pasted_back(overhead, saving):
    spec = parse_scheme(f"hypothetical[saving={saving!r},overhead={overhead!r} s]")
    (again,), (part,) = parse_scheme(spec.id).parts, spec.parts
    assert again.knobs == pytest.approx(part.knobs, rel=1e-11)


@pytest.mark.parametrize(
    ("baseline", "said"), [("", "expected a scheme such as 'none' or 'mha', got ''"), ("mhaa", "did you mean mha")]
)
def test_a_baseline_that_is_no_scheme_is_named_with_its_file(write_scheme, baseline, said):
    path = write_scheme(f'baseline = "{baseline}"\n')
    with pytest.raises(FactError, match=r"mine\.toml: baseline: ") as error:
        parse_scheme(path)
    assert said in str(error.value)
