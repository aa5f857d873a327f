"""``costmodel cite``: what to cite for a result: papers, code, measurements, datasheets."""

from costmodel.cli import options as o


def command(
    model: o.Model = None,
    hf_config: o.HfConfig = None,
    scheme: o.Scheme = "none",
    gpu: o.Gpu = None,
    tp: o.Tp = None,
    engine: o.Engine = None,
    json: o.Json = False,
) -> None:
    """List the sources behind a result.

    Example: costmodel cite --model llama-70b --gpu h100-sxm --scheme kivi-2bit
    """
    from costmodel.cli import show
    from costmodel.evaluation.compile.compiled import load_scheme as load

    where = o.deployment_from_options(model, hf_config, gpu, tp, engine, None, None)
    made = load(scheme)
    rows = [
        ("model", where.model.id, where.model.source),
        ("gpu", where.gpu.id, "; ".join(sorted(set(where.gpu.sources.values()))[:3]) + " …"),
    ]
    rows += [("engine", where.engine.id, where.engine.source), ("profile", where.profile.id, where.profile.source)]
    for part in made.spec.parts:
        rows += [("scheme", part.id, text) for text in (part.facts.get("paper"), part.facts["source"]) if text]
    if made.baseline != made.id:
        rows.append(("baseline", made.baseline, load(made.baseline).spec.parts[0].facts["source"]))
    if json:
        show.print_json([dict(zip(("kind", "id", "source"), row, strict=True)) for row in rows])
        return
    show.print_table("", ("", "id", "source"), rows)
