"""Disassembly, pipes and the simulation, on instructions written by hand."""

import pytest

from calibration.static import pipes, sass, simulate
from calibration.static.compile import Binary
from calibration.static.sass import Instruction
from costmodel.errors import CostModelError


def listing(*lines):
    """Text as ``nvdisasm -c -hex`` prints it: (text, stall, sets, frees, waits) or a label."""
    out = []
    for index, line in enumerate(lines):
        if isinstance(line, str):
            out.append(f"{line}:")
            continue
        text, stall, sets, frees, waits = line
        control = stall | sets << 5 | frees << 8 | sum(1 << barrier for barrier in waits) << 11
        out.append(f"        /*{16 * index:04x}*/                   {text} ;   /* 0x0000000000000000 */")
        out.append(f"                                                  /* 0x{control << 41:016x} */")
    return "\n".join(out)


def plain(text, stall=1, sets=7, frees=7, waits=()):
    return Instruction(text, text.split()[0], stall, sets, frees, waits)


TEXT = listing(
    ("MOV R1, c[0x0]", 2, 7, 7, ()),
    ".L_x_1",
    ("@!P0 LDG.E.128 R4, [R2.64]", 4, 3, 2, ()),
    ("FFMA R8, R4, R5, R8", 5, 7, 7, (3,)),
    ("@P1 BRA `(.L_x_1)", 5, 7, 7, (0, 5)),
    ("EXIT", 5, 7, 7, ()),
)


def test_control_bits_and_guards_are_read():
    instructions, labels = sass.parse(TEXT)
    assert [i.name for i in instructions] == ["MOV", "LDG", "FFMA", "BRA", "EXIT"] and labels == {".L_x_1": 1}
    load, product, branch = instructions[1:4]
    assert (load.stall, load.sets, load.frees, load.waits, load.width) == (4, 3, 2, (), 128)
    assert (product.stall, product.sets, product.waits) == (5, sass.NO_BARRIER, (3,))
    assert branch.waits == (0, 5)


def test_the_loop_is_the_branch_back():
    assert [i.name for i in sass.loop(TEXT)] == ["LDG", "FFMA", "BRA"]
    with pytest.raises(CostModelError, match="no loop"):
        sass.loop(listing(("EXIT", 5, 7, 7, ())))


def test_cycles_of_a_sub_partition_by_hand():
    rates = pipes.load_rates(90)
    assert pipes.cycles(plain("FFMA R0"), rates) == 1  # 128 lanes a multiprocessor: a warp a clock in a quarter of it
    assert pipes.cycles(plain("LOP3.LUT R0"), rates) == 2
    assert pipes.cycles(plain("MUFU.EX2 R0"), rates) == 8
    assert pipes.cycles(plain("LDG.E.128 R0"), rates) == 16
    assert pipes.cycles(plain("HMMA.16816.F32.BF16 R0"), rates) == rates.mma_cycles
    assert pipes.cycles(plain("HMMA.1688.F32 R0"), rates) == rates.mma_cycles / 2
    assert pipes.port(plain("IMAD R0")) == pipes.port(plain("FFMA R0")) == "fma"
    assert pipes.class_of(plain("USHF.L.U32 UR4")) == "uniform" and pipes.class_of(plain("FROB R1")) == "other"


def test_bounds_and_mix_by_hand():
    body = [plain("FFMA R0"), plain("FFMA R0"), plain("LOP3.LUT R0"), plain("BRA L")]
    issue, ports = pipes.bounds(body, 8, pipes.load_rates(90))
    assert issue == 8 and ports == {"fma": 4, "alu": 4}  # two warps a sub-partition
    assert pipes.mix(body, 8, 512) == {"control": 0.5, "float": 1.0, "logic": 0.5}


@pytest.mark.parametrize(
    ("registers", "shared", "blocks"),
    [(32, 0, 16), (128, 0, 4), (129, 0, 3), (32, 100 * 1024, 2), (255, 200 * 1024, 1)],
)
def test_residence_by_hand(registers, shared, blocks):
    assert pipes.resident_blocks(Binary("k", 90, registers, 0, shared, "3.6.0", ""), 4) == blocks


def test_issue_alone_takes_a_slot_an_instruction():
    body = [plain("NOP") for _ in range(40)]
    assert simulate.cycles_per_turn(body, 4, 4, pipes.load_rates(90)) == pytest.approx(40, rel=0.05)


def test_a_busy_port_decides():
    body = [plain("MUFU.EX2 R0") for _ in range(10)]
    assert simulate.cycles_per_turn(body, 4, 4, pipes.load_rates(90)) == pytest.approx(80, rel=0.05)


def test_one_warp_waits_for_memory_and_many_hide_it():
    rates = pipes.load_rates(90)
    body = [plain("LDG.E.128 R4", sets=0), plain("FFMA R8", stall=1, waits=(0,))]
    alone = simulate.cycles_per_turn(body, 1, 4, rates)
    assert alone == pytest.approx(rates.latency["memory"] + 16 + 2, rel=0.02)
    assert simulate.cycles_per_turn(body, 16, 4, rates) == pytest.approx(alone / 16, rel=0.1)


def test_scales_come_from_l2():
    rates = pipes.load_rates(90)
    body = [plain("LDG.E.U16 R4", sets=0), plain("FFMA R8", waits=(0,))]
    near, far = (simulate.cycles_per_turn(body, 1, 4, rates, loads) for loads in ((16,), ()))
    assert far - near == pytest.approx(rates.latency["memory"] - rates.latency["l2"], rel=0.02)


def test_asynchronous_copies_are_waited_for_by_group():
    rates = pipes.load_rates(90)
    body = [plain("LDGSTS.E.128 [R1]"), plain("LDGDEPBAR", sets=0), plain("DEPBAR.LE SB0, 0x0"), plain("NOP")]
    none_ahead = simulate.cycles_per_turn(body, 1, 4, rates, turns=200)
    body[2] = plain("DEPBAR.LE SB0, 0x1")
    assert simulate.cycles_per_turn(body, 1, 4, rates, turns=200) == pytest.approx(none_ahead / 2, rel=0.05)


def test_an_unknown_architecture_is_named():
    with pytest.raises(CostModelError, match="sm-90"):
        pipes.load_rates(91)
