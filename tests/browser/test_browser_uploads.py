"""Files of a visitor's own, through the browser: good ones are shown, hostile ones rejected with a message."""

import re

from links import FEW

SCHEME = """name = "Mine"
source = "our notebook"
[[mechanism]]
kind = "quantize"
target = "key"
bits = "3 bit"
tile = [32, 1, 1]
metadata = "16 bit"
"""
CONFIG = """{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
"num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 131072,
"torch_dtype": "bfloat16", "_name_or_path": "me/mine"}"""
CALLS = "gpu,m,n,k,dtype,latency_us\nh100-sxm,64,4096,4096,bfloat16,16\nh100-sxm,512,4096,4096,bfloat16,34\n"
POINTS = "model,gpu,batch,context,tpot_ms\nllama-8b,h100-sxm,8,8192,9.1\n"
UNKNOWN = "gpu,m,n,latency_us\nh100-sxm,64,4096,9\n"


def drop(visit, page: str, kind: str, name: str, text: str) -> str:
    """Upload a file; the message that the page then shows."""
    field = visit.tab.locator(f"#{page}-upload-{kind} input[type=file]")
    message = visit.tab.locator(f"#{page}-upload-message")
    details = visit.tab.locator("details:not(.fold)", has=field)
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    field.set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": text.encode()})
    message.filter(has_text=re.compile(rf"(Uploaded|Upload rejected:) {re.escape(name)}")).wait_for()
    visit.settle()
    return message.inner_text()


def test_a_scheme_and_a_model_of_ones_own(visit):
    visit.open("/explore" + FEW)
    assert "Uploaded mine.toml" in drop(visit, "explore", "scheme", "mine.toml", SCHEME)
    visit.says("#explore-waterfall-graph", "mine")
    visit.tab.reload()
    visit.says("#explore-waterfall-graph", "mine")  # held as long as the server runs
    assert "Uploaded config.json" in drop(visit, "explore", "config", "config.json", CONFIG)
    visit.says("#explore-above", "mine on 1")


def test_measurements_of_ones_own(visit):
    visit.open("/calibration?gpu=mi300x")
    below, axis = "#calibration-below", "#calibration-parity-graph .xtitle"
    assert "Uploaded calls.csv" in drop(visit, "calibration", "measurements", "calls.csv", CALLS)
    visit.says(below, "calls.csv: gemm").says(below, "costmodel validate --data calls.csv").says(axis, "measured (µs)")
    assert "Uploaded steps.csv" in drop(visit, "calibration", "measurements", "steps.csv", POINTS)
    visit.says(below, "steps.csv: decode step").says(below, "n 1: median").says(axis, "measured (ms)")
    assert visit.serious() == []
    assert "Upload rejected" in drop(visit, "calibration", "measurements", "none.csv", "a,b\n1,2\n")
    assert "Uploaded part.csv" in drop(visit, "calibration", "measurements", "part.csv", UNKNOWN)
    visit.says("#calibration-above", "nearest is gemm").says("#calibration-above", "k is missing")


def test_hostile_files_change_nothing(visit):
    visit.open("/explore" + FEW)
    before = visit.tab.url
    hostile = SCHEME.replace('"3 bit"', "\"__import__('os').system('true')\"").replace(
        "Mine", "<img src=x onerror=alert(1)>"
    )
    message = drop(visit, "explore", "scheme", "mine.toml", hostile)
    assert "Upload rejected" in message and "allowed are" in message
    assert visit.tab.url == before and visit.tab.locator("#explore-upload-message img").count() == 0
    marked = SCHEME.replace('name = "Mine"', 'name = "<script>document.title=1</script>"')
    accepted = drop(visit, "explore", "scheme", "marked.toml", marked)
    assert "Uploaded marked.toml" in accepted and visit.tab.title() != "1", "markup in a name stays text"


def test_a_file_that_is_gone_is_said_to_be(visit):
    visit.open(f"/{FEW}&scheme=upload:nothing")
    message = visit.tab.locator("#regimes-message")
    message.wait_for(state="visible")
    assert "upload it again" in message.inner_text() and visit.serious() == []
