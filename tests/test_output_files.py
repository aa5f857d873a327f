"""Outputs: whole or not at all, through links, with the mode that open would give, and never over what is not ours."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from costmodel import files
from costmodel.errors import InputError
from costmodel.files.targets import keep_mode

ROOT = Path(__file__).parents[1]
WRITER = """
import sys
from costmodel import files
target, letter = sys.argv[1:]
for turn in range(100):
    files.write_text(target, letter * 200_000 + "\\n")
    assert set(open(target).read()) in ({"a", "\\n"}, {"b", "\\n"})
"""
FOLDERS = """
import sys
from pathlib import Path
from costmodel import files
target, letter = sys.argv[1:]
for turn in range(100):
    with files.replace_folder(target, lambda folder: (folder / "ours").exists()) as partial:
        for name in ("ours", "more"):
            (partial / name).write_text(letter)
"""


@pytest.fixture(params=[0o022, 0o077])
def umask(request):
    old = os.umask(request.param)
    yield request.param
    os.umask(old)


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def writers(code: str, target: Path) -> list[subprocess.Popen]:
    command = [sys.executable, "-c", code, str(target)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return [subprocess.Popen([*command, letter], env=environment) for letter in "ab"]


def test_two_writers_of_one_file_never_tear_it(tmp_path):
    target = tmp_path / "out.csv"
    files.write_text(target, "a" * 200_000 + "\n")
    both = writers(WRITER, target)
    looks = 0
    while any(writer.poll() is None for writer in both):
        text = target.read_text()
        assert len(text) == 200_001 and len(set(text)) == 2, "a torn file"
        looks += 1
    assert [writer.wait() for writer in both] == [0, 0] and looks
    assert list(tmp_path.iterdir()) == [target]


def test_two_writers_of_one_folder_leave_a_whole_one(tmp_path):
    target = tmp_path / "out.zarr"
    assert [writer.wait() for writer in writers(FOLDERS, target)] == [0, 0]
    assert {path.name for path in target.iterdir()} == {"ours", "more"}
    assert (target / "ours").read_text() == (target / "more").read_text()
    assert list(tmp_path.iterdir()) == [target]


def test_what_another_writer_moves_away_meanwhile_has_no_mode_to_keep(tmp_path, monkeypatch):
    new = tmp_path / "new"
    new.write_text("new")
    new.chmod(0o600)
    monkeypatch.setattr(os.path, "exists", lambda path: True)  # it still stood there when somebody looked
    keep_mode(tmp_path / "gone", new)
    assert mode(new) == 0o600


def test_a_new_file_has_the_mode_that_open_gives(umask, tmp_path):
    files.write_text(tmp_path / "new", "text")
    assert mode(tmp_path / "new") == 0o666 & ~umask


def test_an_old_file_keeps_its_mode(tmp_path):
    target = tmp_path / "old"
    target.write_text("old")
    target.chmod(0o640)
    files.write_text(target, "new")
    assert mode(target) == 0o640 and target.read_text() == "new"


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_a_link(exists, tmp_path):
    target, link = tmp_path / "there" / "target.csv", tmp_path / "link.csv"
    target.parent.mkdir()
    if exists:
        target.write_text("old")
    link.symlink_to("there/target.csv")
    files.write_text(link, "new")
    assert link.is_symlink() and target.read_text() == "new"


def test_links_in_a_circle_are_a_mistake(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(InputError, match="cannot be written"):
        files.write_text(tmp_path / "a", "text")
    assert (tmp_path / "a").is_symlink()


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_failure_leaves_the_old_file_alone(failure, tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("old")
    with pytest.raises(failure), files.replace_file(target) as partial:
        partial.write_text("half")
        raise failure
    assert target.read_text() == "old" and list(tmp_path.iterdir()) == [target]


def test_what_the_system_refuses_is_told_with_the_name(tmp_path):
    full = OSError(28, "No space left on device")
    with (
        pytest.raises(InputError, match="--out x: cannot be written: No space"),
        files.replace_file(tmp_path / "o", "--out x"),
    ):
        raise full
    with pytest.raises(InputError, match="cannot be written: No such file"):
        files.write_text(tmp_path / "no" / "out.csv", "text")
    with pytest.raises(InputError, match="cannot be written: Not a directory"):
        (tmp_path / "file").write_text("")
        files.make_folder(tmp_path / "file" / "folder")
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to everything")
def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path):
    target = tmp_path / "out.csv"
    target.write_text("old")
    target.chmod(0o444)
    with pytest.raises(InputError, match="Permission denied"):
        files.write_text(target, "new")
    assert target.read_text() == "old"


def test_a_name_may_be_as_long_as_names_can_be(tmp_path):
    files.write_text(tmp_path / ("n" * 251 + ".csv"), "text")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_is_refused_and_left_alone(tmp_path):
    folder = tmp_path / "results.csv"
    folder.mkdir()
    (folder / "thesis.tex").write_text("mine")
    for write in (lambda: files.write_text(folder, "text"), lambda: files.check_target(folder, (".csv",))):
        with pytest.raises(InputError, match=r"results.csv: expected a file, got a folder"):
            write()
    assert (folder / "thesis.tex").read_text() == "mine" and len(list(tmp_path.iterdir())) == 1


def test_a_pipe_is_written_to(tmp_path):
    pipe, heard = tmp_path / "pipe.csv", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()), daemon=True)
    reader.start()
    files.write_text(pipe, "through")
    reader.join(30)
    assert heard == ["through"] and stat.S_ISFIFO(pipe.stat().st_mode) and len(list(tmp_path.iterdir())) == 1


def test_a_device_is_written_to():
    files.write_text("/dev/null", "away")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_standard_output_keeps_what_is_printed_before_and_after(tmp_path):
    code = "from costmodel import files\nprint('before')\nfiles.write_text('/dev/stdout', 'table\\n')\nprint('after')"
    with open(tmp_path / "log", "w") as log:
        subprocess.run([sys.executable, "-c", code], stdout=log, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert (tmp_path / "log").read_text() == "before\ntable\nafter\n"


def own(folder: Path) -> bool:
    return (folder / "ours").exists()


def test_only_ones_own_folder_is_replaced(tmp_path):
    target, link = tmp_path / "out.zarr", tmp_path / "link.zarr"
    link.symlink_to(target)
    for text in ("one", "two"):
        with files.replace_folder(link, own) as partial:
            (partial / "ours").write_text(text)
    assert (target / "ours").read_text() == "two" and link.is_symlink()
    (target / "ours").rename(target / "theirs")
    with pytest.raises(InputError, match="nothing was removed"), files.replace_folder(target, own):
        pytest.fail("refused before anything is written")
    assert (target / "theirs").exists() and set(tmp_path.iterdir()) == {target, link}


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_the_old_folder_alone(failure, tmp_path):
    target = tmp_path / "out.zarr"
    target.mkdir()
    (target / "ours").write_text("old")
    with pytest.raises(failure), files.replace_folder(target, own):
        raise failure
    assert (target / "ours").read_text() == "old" and list(tmp_path.iterdir()) == [target]


def test_a_folder_that_becomes_somebody_elses_meanwhile_is_left_alone(tmp_path):
    target = tmp_path / "out.zarr"
    with pytest.raises(InputError, match="nothing was removed"), files.replace_folder(target, own) as partial:
        (partial / "ours").write_text("new")
        target.mkdir()
        (target / "theirs").write_text("theirs")
    assert (target / "theirs").exists() and list(tmp_path.iterdir()) == [target]


def test_an_empty_folder_is_left_alone_with_advice(tmp_path):
    target = tmp_path / "out.zarr"
    target.mkdir()
    with (
        pytest.raises(InputError, match="got an empty folder: remove it or choose another name$"),
        files.replace_folder(target, own),
    ):
        pytest.fail("refused before anything is written")
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_stamp_names_may_be_replaced_until_it_is_changed(tmp_path):
    table, caption = tmp_path / "a.csv", tmp_path / "a.tex"
    table.write_text("x\n")
    caption.write_text(f"% {files.stamp([b'x' + bytes([10]), b'words' + bytes([10])])}\nwords\n")
    files.refuse_existing([table, caption], caption)
    caption.write_text(caption.read_text() + "mine\n")
    with pytest.raises(InputError, match=r"a\.tex would be overwritten.*--force") as refused:
        files.refuse_existing([table, caption], caption)
    assert "a.csv" not in str(refused.value)
    files.refuse_existing([table, caption], caption, force=True)
    caption.unlink()
    with pytest.raises(InputError, match=r"a\.csv would be overwritten"):
        files.refuse_existing([table, caption], caption)
