"""Files of a visitor's own, through the browser: good ones are shown, hostile ones refused in words."""

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
POINTS = (
    "gpu,engine,batch,num_heads,num_kv_heads,head_dim,context,kv_dtype,latency_us\n"
    "h100-sxm,vllm,8,32,8,128,8192,bfloat16,60\n"
)
FEW = "?schemes=fp8&batch=1:64&context=1K:32K"


def drop(visit, page: str, kind: str, name: str, text: str) -> str:
    """Give a file to its field; what the page then says of it."""
    visit.tab.locator("summary", has_text="Use files of your own").click()
    content = {"name": name, "mimeType": "application/octet-stream", "buffer": text.encode()}
    visit.tab.locator(f"#{page}-upload-{kind} input[type=file]").set_input_files(content)
    said = visit.tab.locator(f"#{page}-upload-message")
    said.filter(has_text="aken").wait_for()
    visit.settle()
    return said.inner_text()


def test_a_scheme_and_a_model_of_ones_own(visit):
    visit.open("/explore" + FEW)
    assert "Taken: mine.toml" in drop(visit, "explore", "scheme", "mine.toml", SCHEME)
    visit.says("#explore-waterfall-graph", "mine")
    visit.tab.reload()
    visit.settle()
    assert "mine" in visit.tab.locator("#explore-waterfall-graph").inner_text(), "held as long as the server runs"
    assert "Taken: config.json" in drop(visit, "explore", "config", "config.json", CONFIG)
    visit.says("#explore-above", "mine on 1")


def test_measurements_of_ones_own(visit):
    visit.open("/calibration" + FEW)
    assert "Taken: mine.csv" in drop(visit, "calibration", "measurements", "mine.csv", POINTS)
    visit.says("#calibration-parity-graph", "mine.csv")


def test_hostile_files_change_nothing(visit):
    visit.open("/explore" + FEW)
    before = visit.tab.url
    hostile = SCHEME.replace('"3 bit"', "\"__import__('os').system('true')\"").replace(
        "Mine", "<img src=x onerror=alert(1)>"
    )
    said = drop(visit, "explore", "scheme", "mine.toml", hostile)
    assert "Not taken" in said and "allowed are" in said
    assert visit.tab.url == before and visit.tab.locator("#explore-upload-message img").count() == 0
    named = drop_again(
        visit, "mine.toml", SCHEME.replace('name = "Mine"', 'name = "<script>document.title=1</script>"')
    )
    assert "Taken" in named and visit.tab.title() != "1", "markup in a name stays text"


def drop_again(visit, name: str, text: str) -> str:
    content = {"name": name, "mimeType": "application/octet-stream", "buffer": text.encode()}
    visit.tab.locator("#explore-upload-scheme input[type=file]").set_input_files(content)
    said = visit.tab.locator("#explore-upload-message")
    said.filter(has_text="Taken:").wait_for()
    visit.settle()
    return said.inner_text()


def test_a_file_that_is_gone_is_said_to_be(visit):
    visit.open("/?scheme=upload:nothing&batch=1:64&context=1K:32K&schemes=fp8")
    message = visit.tab.locator("#regimes-message")
    message.wait_for(state="visible")
    assert "upload it again" in message.inner_text() and visit.serious() == []
