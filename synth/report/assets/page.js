
(() => {
  "use strict";
  const find = (id) => document.getElementById(id);

  // Texts come from programs: they only ever become text nodes.
  const make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  theme();
  sections();
  document.querySelectorAll("table.sortable").forEach(sortable);
  unpacked(find("data").textContent).then((data) => {
    if (find("pair-map")) pairMap(find("pair-map"), data.pairs);
    browser(data.samples);
    document.documentElement.dataset.ready = "true";
  });

  async function unpacked(base64) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const text = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(text).text());
  }

  function theme() {
    const button = find("theme"), order = ["system", "light", "dark"];
    let now = "system";
    try { now = localStorage.getItem("synth-theme") || now; } catch { /* a file may have no storage */ }
    const show = () => {
      if (now === "system") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = now;
      button.textContent = `Theme: ${now}`;
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      now = order[(order.indexOf(now) + 1) % order.length];
      try { localStorage.setItem("synth-theme", now); } catch { /* then it is for this visit only */ }
      show();
    });
    show();
  }

  function sections() {
    const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        links.forEach((link) => link.removeAttribute("aria-current"));
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-10% 0px -80% 0px" });
    links.forEach((_, id) => watch.observe(find(id)));
  }

  function sortable(table) {
    const body = table.tBodies[0], last = table.classList.contains("total") ? body.lastElementChild : null;
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (body.querySelector(`tr > :nth-child(${column + 1}) svg`)) return;
      const button = make("button", { type: "button" }, head.textContent);
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const numeric = head.classList.contains("num");
        const down = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : numeric;
        const key = (row) => {
          const shown = row.cells[column].textContent;
          if (!numeric) return shown;
          const number = parseFloat(shown.replace(/[^\d.-]/g, ""));
          return Number.isNaN(number) ? -Infinity : number;
        };
        const compare = (a, b) => numeric ? key(a) - key(b) : key(a).localeCompare(key(b), "en", { numeric: true });
        const rows = [...body.rows].filter((row) => row !== last).sort((a, b) => down ? compare(b, a) : compare(a, b));
        body.append(...rows, ...(last ? [last] : []));
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
      });
    });
  }

  function pairMap(map, pairs) {
    const size = pairs.names.length, cursor = find("pair-cursor"), read = find("pair-read");
    const counts = new Map(pairs.cells.map(([first, second, number]) => [first * size + second, number]));
    let row = 0, column = 0;
    const show = () => {
      const number = counts.get(row * size + column) ?? 0;
      cursor.setAttribute("x", column);
      cursor.setAttribute("y", row);
      cursor.setAttribute("visibility", "visible");
      read.textContent = `${pairs.names[row]} → ${pairs.names[column]}: ${number || "never"}${number ? " times" : ""}`;
    };
    map.addEventListener("pointermove", (event) => {
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
      if (point.x < 0 || point.y < 0 || point.x >= size || point.y >= size) return;
      [row, column] = [Math.floor(point.y), Math.floor(point.x)];
      show();
    });
    map.addEventListener("keydown", (event) => {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!step) return;
      event.preventDefault();
      row = Math.min(size - 1, Math.max(0, row + step[0]));
      column = Math.min(size - 1, Math.max(0, column + step[1]));
      show();
    });
  }

  function browser(samples) {
    const list = find("list"), detail = find("detail"), query = find("query"), matches = find("matches");
    const filters = {
      outcome: (sample) => [sample.outcome],
      reason: (sample) => sample.reason ? [`${sample.stage}/${sample.reason}`] : [],
      model: (sample) => [[sample.provider, sample.model].filter(Boolean).join(":")],
      kernel: (sample) => [...new Set(sample.kernels.map((kernel) => kernel.kind))],
    };
    for (const [name, values] of Object.entries(filters)) {
      for (const value of [...new Set(samples.flatMap(values))].sort()) find(name).append(make("option", { value }, value));
      find(name).addEventListener("change", refresh);
    }
    const words = samples.map((s) => [s.name, s.pattern.join(" "), s.reason ?? "", s.detail, s.source, s.triton,
      ...s.kernels.map((kernel) => `${kernel.name} ${kernel.kind} ${kernel.operators}`)].join("\n").toLowerCase());
    const options = samples.map((sample, number) => option(sample, number));
    let visible = [], chosen = -1;

    find("browser").hidden = false;
    query.addEventListener("input", refresh);
    query.form.addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        query.focus();
        query.scrollIntoView({ block: "nearest" });
      }
      if (event.key === "Escape" && event.target === query) { query.value = ""; refresh(); list.focus(); }
      if (event.key === "ArrowDown" && event.target === query) { event.preventDefault(); list.focus(); }
    });
    list.addEventListener("keydown", (event) => {
      const at = visible.indexOf(chosen), last = visible.length - 1;
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + 10, PageUp: at - 10 }[event.key];
      if (event.key === "Enter") { event.preventDefault(); detail.focus(); }
      if (to === undefined || last < 0) return;
      event.preventDefault();
      choose(visible[Math.max(0, Math.min(last, to))]);
    });
    window.addEventListener("hashchange", follow);
    refresh();
    follow();

    function option(sample, number) {
      const note = sample.outcome === "rejected" ? `${sample.stage}/${sample.reason}` : sample.outcome;
      const made = make("li", { role: "option", id: `option-${number}`, "aria-selected": "false" },
        make("b", {}, sample.name.replace(/^SynthModel_/, "")),
        make("span", {}, `${sample.sample}${sample.attempt > 1 ? `, attempt ${sample.attempt}` : ""} · `),
        make("span", { class: sample.outcome }, note));
      made.addEventListener("click", () => choose(number));
      return made;
    }

    function refresh() {
      const asked = query.value.toLowerCase().split(/\s+/).filter(Boolean);
      visible = samples.map((_, number) => number).filter((number) =>
        asked.every((word) => words[number].includes(word)) &&
        Object.entries(filters).every(([name, values]) =>
          !find(name).value || values(samples[number]).includes(find(name).value)));
      list.replaceChildren(...visible.map((number) => options[number]));
      matches.textContent = `${visible.length} of ${samples.length}`;
      if (!visible.includes(chosen)) choose(visible.length ? visible[0] : -1, false);
    }

    function follow() {
      const asked = /^#sample-(\d+)-(\d+)$/.exec(location.hash);
      if (!asked) return;
      const number = samples.findIndex((s) => s.sample === Number(asked[1]) && s.attempt === Number(asked[2]));
      if (number < 0) return;
      query.value = "";
      for (const name of Object.keys(filters)) find(name).value = "";
      refresh();
      choose(number);
      find("samples").scrollIntoView();
      list.focus({ preventScroll: true });
    }

    function choose(number, scroll = true) {
      options[chosen]?.setAttribute("aria-selected", "false");
      chosen = number;
      if (number < 0) {
        list.removeAttribute("aria-activedescendant");
        detail.replaceChildren(make("p", { class: "none" }, samples.length ? "No sample matches." : "No sample is judged yet."));
        return;
      }
      options[number].setAttribute("aria-selected", "true");
      list.setAttribute("aria-activedescendant", `option-${number}`);
      if (scroll) {
        const top = options[number].offsetTop - list.offsetTop, end = top + options[number].offsetHeight;
        if (top < list.scrollTop) list.scrollTop = top;
        if (end > list.scrollTop + list.clientHeight) list.scrollTop = end - list.clientHeight;
      }
      detail.replaceChildren(...shown(samples[number]));
    }
  }

  function shown(sample) {
    const said = [sample.pattern.join(" → "), [sample.provider, sample.model].filter(Boolean).join(":"), sample.prompt,
      sample.difficulty ? `difficulty ${sample.difficulty}` : "",
      ...Object.entries(sample.facts).filter(([, value]) => value !== null).map(([name, value]) => `${name} ${short(value)}`)];
    const parts = [
      make("h3", {}, sample.name),
      make("p", { class: "what" }, make("b", { class: sample.outcome }, sample.outcome),
        ` · sample ${sample.sample}, attempt ${sample.attempt} · `, said.filter(Boolean).join(" · ")),
    ];
    if (sample.reason) {
      parts.push(make("p", { class: "said" }, `${sample.stage}/${sample.reason}: ${sample.meaning}\n${sample.detail}`.trim()));
    }
    parts.push(make("ul", { class: "stages", "aria-label": "Verdicts" }, ...sample.verdicts.map((verdict) =>
      make("li", { class: verdict.ok ? "yes" : "no" }, `${verdict.ok ? "✓" : "✗"} ${verdict.stage} ${verdict.cpu.toFixed(2)} s`))));
    const texts = make("div", { class: sample.triton ? "texts" : "texts one" },
      text(sample.is_answer ? "Answer (no program in it)" : "PyTorch", sample.source, !sample.is_answer));
    if (sample.triton) texts.append(text("Triton", sample.triton, true));
    parts.push(texts);
    if (sample.kernels.length) parts.push(kernels(sample.kernels));
    parts.push(make("details", {}, make("summary", {}, "Evidence of each stage"), ...sample.verdicts.flatMap((verdict) => [
      make("p", { class: "tag" }, `${verdict.stage}${verdict.tier ? ` (${verdict.tier})` : ""}${verdict.reason ? `: ${verdict.reason}` : ""}`),
      make("pre", { class: "json" }, JSON.stringify(verdict.metrics, null, 1)),
    ])));
    return parts;
  }

  function short(value) {
    return typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(3) : String(value);
  }

  function kernels(rows) {
    const columns = ["name", "kind", "operators", "registers", "spill_bytes", "occupancy"];
    const numeric = (column) => ["registers", "spill_bytes", "occupancy"].includes(column) ? { class: "num" } : {};
    return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Kernels" }, make("table", {},
      make("caption", {}, "Kernels"),
      make("thead", {}, make("tr", {}, ...columns.map((column) =>
        make("th", { scope: "col", ...numeric(column) }, column.replace("_", " "))))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...columns.map((column, place) =>
        make(place ? "td" : "th", { ...(place ? {} : { scope: "row" }), ...numeric(column) }, String(row[column] ?? "–"))))))));
  }

  function text(title, content, python) {
    const lines = content.split("\n").length;
    const code = make("code", {});
    if (python) colour(content, code); else code.append(content);
    return make("div", {}, make("h4", {}, `${title} · ${lines} lines`),
      make("div", { class: "code", tabindex: "0", role: "region", "aria-label": title },
        make("pre", { class: "lines", "aria-hidden": "true" }, Array.from({ length: lines }, (_, n) => n + 1).join("\n")),
        make("pre", {}, code)));
  }

  function colour(content, into) {
    const parts = /(#[^\n]*)|([rbfuRBFU]{0,2}(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))|(^[ \t]*@[\w.]+)|\b(False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)\b|\b(\d[\w.]*)|\b([A-Za-z_]\w*)(?=\()|[A-Za-z_]\w*/gm;
    const kinds = ["c", "s", "d", "k", "n", "f"];
    let end = 0;
    for (const found of content.matchAll(parts)) {
      const kind = kinds[found.slice(1).findIndex((part) => part !== undefined)];
      if (!kind) continue;
      into.append(content.slice(end, found.index), make("span", { class: kind }, found[0]));
      end = found.index + found[0].length;
    }
    into.append(content.slice(end));
  }
})();
