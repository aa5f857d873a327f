"""A figure is one file: dropped into the folder of figures, it is on the command line with its own options."""

import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from costmodel import plots, stress
from costmodel.cli.app import app
from costmodel.cli.figure_options import parse_options
from costmodel.errors import InputError
from costmodel.plots.base import Option

pytest.importorskip("matplotlib", reason="needs Matplotlib: pip install 'costmodel[plot]'")

ROOT = Path(__file__).parents[2]
FIGURE = '''
"""Cache size over copies of a sequence."""
import pandas as pd

from costmodel.plots.base import Figure, Option
from costmodel.plots.style.paper import new_axes


def compute(request):
    frame = pd.DataFrame({"copies": [1.0, request["copies"]], "scheme": request.schemes[0], "bold": request["bold"]})
    return frame, request.deployment.label


def draw_matplotlib(frame, title="", width=7.0, bold=False):
    figure, axis = new_axes(width, 2.0)
    axis.plot(frame["copies"], linewidth=3 if bold else 1)
    return figure


FIGURE = Figure(
    id="copies", order=50, summary="a figure of a test", compute=compute, draw_matplotlib=draw_matplotlib, draw_plotly=None,
    format_caption=lambda frame: "Copies.", schemes=("int4",), draw_options=("bold",),
    options=(Option("copies", "count", "4K", "how many copies."), Option("bold", "flag", None, "a thick line.")),
)
'''


@pytest.fixture
def figure_folder(tmp_path, monkeypatch):
    """A folder that figures are also looked for in."""
    folder = tmp_path / "figures"
    folder.mkdir()
    monkeypatch.setattr(plots, "__path__", [*plots.__path__, str(folder)])
    plots.figures.cache_clear()
    yield folder
    plots.figures.cache_clear()


def call(*arguments) -> str:
    outcome = CliRunner().invoke(app, ["plot", *arguments], catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def test_a_file_is_a_figure_with_options_of_its_own(figure_folder, tmp_path, monkeypatch):
    (figure_folder / "copies_of_a_test.py").write_text(FIGURE)
    monkeypatch.setenv("COLUMNS", "200")
    text = re.sub(r"[\s│]+", " ", call("--help"))
    names, order = list(plots.figures()), [figure.order for figure in plots.figures().values()]
    assert ", ".join(names) in text and order == sorted(order), "listed in the order that their files state"
    assert names.index("regime") < names.index("copies") < min(map(names.index, stress_figures()))
    assert "copies: how many copies. [default: (4K)]" in text and "copies: a thick line." in text
    target = tmp_path / "copies.svg"
    call("copies", "--model", "llama-8b", "--tp", "1", "--out", str(target))
    assert pd.read_csv(target.with_suffix(".csv")).to_dict("list") == {
        "copies": [1.0, 4096.0], "scheme": ["int4", "int4"], "bold": [False, False]
    }  # fmt: skip
    call(
        "copies", "--model", "llama-8b", "--tp", "1", "--out", str(target), "--copies", "7", "--bold", "--scheme", "fp8"
    )
    assert pd.read_csv(target.with_suffix(".csv"))["copies"].tolist() == [1.0, 7.0]
    assert "Copies. Llama 3.1 8B on 1" in target.with_suffix(".tex").read_text()


def stress_figures() -> list[str]:
    return [f"stress-{name}" for name in stress.load_tests()]


# What is wrong in a figure's file: the text, what stands there instead, and words that the message must contain.
WRONG = {
    "an id twice": ('id="copies"', 'id="parity"', ["figure 'parity'", "parity.py", "copies_of_a_test.py"]),
    "no order": ("order=50, ", "", ["TypeError", "order"]),
    "text for an order": ("order=50", 'order="50"', ["figure copies", "order: expected a number, got '50'"]),
    "one figure for a list": ("FIGURE = Figure(", "FIGURES = Figure(", ["FIGURES: expected a list", "got Figure("]),
    "no figure": ("FIGURE = Figure(", "FIGURE = dict(", ["FIGURE: expected a Figure", "got {'id'"]),
    "unknown kind of option": ('"count", "4K"', '"cuont", "4K"', ["'cuont'", "count", "option copies"]),
    "unknown draw option": ('draw_options=("bold",)', 'draw_options=("bald",)', ["draw_options", "'bald'", "bold"]),
    "text for schemes": ('schemes=("int4",)', 'schemes="int4"', ["schemes: expected a tuple of str, got 'int4'"]),
    "unknown import": ("new_axes\n", "new_axis\n", ["ImportError", "new_axis"]),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_mistake_in_a_file_is_an_error_that_names_it(figure_folder, what):
    before, after, words = WRONG[what]
    assert before in FIGURE
    name = f"copies_of_a_test_{list(WRONG).index(what)}"
    (figure_folder / f"{name}.py").write_text(FIGURE.replace(before, after))
    with pytest.raises(InputError) as error:
        plots.figures()
    for word in [f"{name}.py", *words]:
        assert word.replace("copies_of_a_test.py", f"{name}.py") in str(error.value)


def test_a_number_is_parsed_from_its_default_and_0_is_no_default():
    options = (Option("share", "number", "0.5", "a number."), Option("copies", "count", "4K", "a count."))
    assert parse_options(options, {}) == {"share": 0.5, "copies": 4096}
    assert parse_options(options, {"share": 0.0, "copies": "2"}) == {"share": 0.0, "copies": 2}


def test_figures_stand_in_order_and_every_stress_test_is_one():
    names = list(plots.figures())
    assert names[0] == "regime" and names[-len(stress.load_tests()) :] == stress_figures()
    assert len(names) == len(set(names)) >= 18


def test_the_command_line_names_no_figure():
    sources = [
        (ROOT / "costmodel" / "cli" / name).read_text(encoding="utf-8") for name in ("plot.py", "figure_options.py")
    ]
    code = re.sub(r"Example: [^\n]+", "", "".join(sources))
    named = [name for name in plots.figures() if re.search(rf"\b{name}\b", code)]
    assert not named, "a figure is added in its own file alone"
