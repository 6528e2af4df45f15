"""The report's page: whole, escaped, without anything from elsewhere, and with the journal's figures in it."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections import Counter
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fake_pool import run_fake
from made_run import HOSTILE, made_run

from synth import cli
from synth.breadth import measure
from synth.breadth.measures import FUSION_SIZES
from synth.config import RunConfig
from synth.report import browser, page
from synth.report.facts import facts
from synth.report.parts import HEAT_LEVELS, heat, text
from synth.store.journal import Journal

SECTIONS = ["funnel", "yield", "coverage", "duplicates", "contamination", "cost", "failures", "samples"]
VOID = {"meta", "input", "link", "br", "img", "hr"}


class Page(HTMLParser):
    """What a parser sees: elements in order, with attributes and text; complains of what is not nested."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert len(attributes) == len(dict(attributes))
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def made_page(root: Path, samples: int = 24, most: int = 200, **options: object) -> str:
    run = made_run(root / "made", samples, **options)
    journal = Journal.open_to_read(run.journal)
    try:
        return page.render(facts(journal), browser.samples(journal, most))
    finally:
        journal.close()


def data_of(source: str) -> dict[str, object]:
    packed = re.search(r'id="data">([^<]*)<', source)
    assert packed is not None
    data: dict[str, object] = json.loads(gzip.decompress(base64.b64decode(packed[1])))
    return data


def test_every_section_is_there_with_its_heading_and_its_link(tmp_path: Path) -> None:
    seen = Page(made_page(tmp_path))
    sections = seen.all("section")
    assert [a["id"] for a in sections] == SECTIONS
    identities = Counter(a["id"] for _, a in seen.elements if a.get("id"))
    assert max(identities.values()) == 1
    assert all(a["aria-labelledby"] in identities for a in sections)
    links = [a["href"] for a in seen.all("a") if a["href"] and not a["href"].startswith("#sample-")]
    assert {link.removeprefix("#") for link in links} >= set(SECTIONS)
    assert all(link.removeprefix("#") in identities for link in links)
    assert [a.get("lang") for a in seen.all("html")] == ["en"] and len(seen.all("h1")) == len(seen.all("main")) == 1
    tables = [tag for tag, _ in seen.elements if tag in ("table", "caption")]
    assert len(tables) > 20 and tables == ["table", "caption"] * (len(tables) // 2)  # each has its own
    labelled = {a.get("id") for a in (*seen.all("input"), *seen.all("select"))}
    assert labelled == {"query", "outcome", "reason", "model", "kernel"}
    assert len(seen.all("label")) == len(labelled)


@pytest.mark.parametrize("graphs", [True, False])
def test_nothing_is_loaded_and_only_the_pages_own_script_may_run(tmp_path: Path, graphs: bool) -> None:
    source = made_page(tmp_path, graphs=graphs)
    seen = Page(source)
    for tag, attributes in seen.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert not {"src", "srcset", "action", "style", "data", "poster"} & set(attributes), (tag, attributes)
        assert not any(name.startswith("on") for name in attributes)
        assert all(value is None or value.startswith("#") for name, value in attributes.items() if name == "href")
    assert "http://" not in source and "https://" not in source and "@import" not in source and "url(" not in source
    policy = next(a["content"] for a in seen.all("meta") if a.get("http-equiv") == "Content-Security-Policy") or ""
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        whole = "".join(seen.texts[tag][-1:])
        digest = base64.b64encode(sha256(whole.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy


def test_hostile_programs_names_and_details_are_text(tmp_path: Path) -> None:
    source = made_page(tmp_path, samples=40)
    seen = Page(source)
    assert len(seen.all("script")) == 2 and not seen.all("img") and "{{" not in "".join(seen.texts["script"][:1])
    assert "as in &lt;b&gt;1/7&lt;/b&gt;\ufffd" in source and "1/7 &lt;i&gt;" in source
    assert "\0" not in source
    samples = data_of(source)["samples"]
    assert isinstance(samples, list) and samples[0]["source"] == HOSTILE


def test_text_is_escaped_and_can_be_written() -> None:
    assert text("<a href='x'>&\"\x07\ud800") == "&lt;a href=&#x27;x&#x27;&gt;&amp;&quot;\ufffd?"


def test_samples_that_do_not_come_along_are_counted(tmp_path: Path) -> None:
    source = made_page(tmp_path, samples=40, most=10)
    samples = data_of(source)["samples"]
    assert isinstance(samples, list) and len(samples) == 10
    outcomes = Counter(sample["outcome"] for sample in samples)
    assert outcomes == {"kept": 5, "rejected": 5}
    assert {sample["reason"] for sample in samples if sample["reason"]} == {"benchmark_graph", "duplicate_graph"}
    assert "10 of 40 judged attempts are in this file" in source and "30 are left out" in source
    shown = {f"#sample-{sample['sample']}-{sample['attempt']}" for sample in samples}
    links = {a["href"] for a in Page(source).all("a") if (a["href"] or "").startswith("#sample-")}
    assert links and links <= shown
    assert data_of(made_page(tmp_path / "none", most=0))["samples"] == []


def test_figures_are_the_journals(tmp_path: Path) -> None:
    run = made_run(tmp_path / "made")
    journal = Journal.open_to_read(run.journal)
    found = facts(journal)
    journal.close()
    assert [row["stage"] for row in found["funnel"]] == [
        *("contract", "similarity", "eager", "graph", "triton", "all"),
    ]  # fmt: skip
    graph = found["funnel"][3]
    assert (graph["entered"], graph["passed"]) == (24, 18)
    assert [(one["reason"], one["count"]) for one in found["failures"]] == [
        ("benchmark_graph", 3), ("duplicate_graph", 3),
    ]  # fmt: skip
    assert found["run"]["kept"] == 18 and found["gradients"]["judged"] == 6
    duplicates = found["duplicates"]
    assert duplicates["distinct_graphs"] == 6 and duplicates["effective_graphs"] == pytest.approx(6)
    assert found["contamination"]["turned_down_count"] == 3 and found["contamination"]["checked"] == 18
    assert found["contamination"]["nearest"][0]["score"] == max(e["score"] for e in found["contamination"]["nearest"])
    pairs = found["coverage"]["pairs"]
    assert pairs["source"] == "executed" and sum(cell[2] for cell in pairs["cells"]) == pairs["total"]
    journal = Journal.open_to_read(run.journal)
    assert found["breadth"] == measure(journal)  # what `.stats by=breadth` prints
    shown = Page(page.render(found, browser.samples(journal, 0)))
    journal.close()
    cells = found["breadth"]["kernels"]["table"]
    assert [cell[3] for cell in cells] == ["1", "2-3"] and set(FUSION_SIZES) <= set(map(str.strip, shown.texts["th"]))
    assert found["breadth"]["graphs"]["distinct"] == 6 and found["breadth"]["programs"] == 18
    assert [row["name"] for row in found["cost"]] == ["openai:gpt-x", "openai:gpt-y"]
    assert sum(row["spent"] for row in found["cost"]) == pytest.approx(0.024)
    assert sum(row["samples"] for row in found["yields"]["model"]) == 24
    assert json.loads(json.dumps(found)) == found


def test_an_older_journal_and_a_run_at_work_are_told_as_what_they_are(tmp_path: Path) -> None:
    source = made_page(tmp_path, graphs=False, total=100)
    assert "24 of 100 samples are decided; the run is at work, or was stopped." in source
    assert "neighbours in the pattern as it was asked for" in source
    assert "journal does not name the programs&#x27; graphs" in source
    assert "keeps no scores for programs that passed" in source
    assert "no samples" not in made_page(tmp_path / "empty", samples=0, total=10)


def test_the_command_writes_the_page_of_a_real_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "outputs" / "a"
    run_fake(RunConfig(output_dir=out, num_total_samples=30, seed=3, max_retries=2, backward=True), slow=0)
    assert cli.main([".report", f"path={out}"]) == 0
    assert f"report of 30 samples (0.1 MB): {out / 'report.html'}" in capsys.readouterr().out
    seen = Page((out / "report.html").read_text(encoding="utf-8"))
    assert [a["id"] for a in seen.all("section")] == SECTIONS
    assert cli.main([".report", f"path={out}", f"out={tmp_path / 'deep' / 'er.html'}", "samples=3"]) == 0
    assert "judged attempts come without their texts" in capsys.readouterr().out
    assert (tmp_path / "deep" / "er.html").stat().st_size < (out / "report.html").stat().st_size
    for wrong, words in ((f"out={tmp_path}", "is a directory"), (f"out={out / 'report.html'}/x", "cannot be written")):
        assert cli.main([".report", f"path={out}", wrong]) == 2
        assert words in capsys.readouterr().err


def test_heat_is_none_for_none_and_rises_with_the_count() -> None:
    levels = [heat(number, 1000) for number in range(1001)]
    assert levels[0] == 0 and levels[1] == 1 and levels[1000] == HEAT_LEVELS and levels == sorted(levels)
    assert heat(1, 1) == HEAT_LEVELS
