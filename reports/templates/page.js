// The list of clauses: unpacked once, filtered as data, made into elements only where it is looked at.

const CHUNK = 150;

const unescaped = (hash) => { try { return hash.startsWith("?") ? hash : decodeURIComponent(hash); } catch { return ""; } };

const unpack = async () => {
  const data = $("data");
  if (data.type === "application/json") return JSON.parse(data.textContent);
  const bytes = Uint8Array.from(atob(data.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
};

const clauseList = (data, tones) => {
  const look = { ...data, tones };
  const clauses = data.clauses.map((packed, i) => ({ ...clauseOf(packed), cells: data.cells.map((column) => column[i]) }));
  const index = new Map(clauses.map((clause) => [clause.id, clause]));
  const single = data.backends.length === 1;
  const columns = single ? 4 : 1 + data.backends.length;
  const crowd = data.backends.length > 5;
  const kind = single ? "single" : crowd ? "many crowd" : "many";
  const sections = new Map();
  const chosen = new Set();
  const filter = makeFilter(data, clauses);
  let found = clauses;

  const verdictCell = (packed, extra) => {
    if (!packed) return h("td", { class: "verdict" }, h("span", { class: "none" }, "not selected"));
    const cell = cellOf(packed);
    return h("td", { class: "verdict" }, badge(look, cell.standing), cell.proved ? h("span", { class: "tag" }, "proved") : null, extra ?? null);
  };
  const figures = (packed) => {
    const cell = cellOf(packed || []);
    const examples = cell.tests.reduce((sum, test) => sum + (test[2] ?? 0), 0);
    return [h("td", { class: "small" }, count(examples)), h("td", { class: "error" }, cell.error)];
  };
  const row = (clause) => h("tr", { class: "row", "data-clause": clause.id },
    h("th", { scope: "row" },
      h("a", { href: `#${clause.id}`, id: clause.id, "aria-expanded": "false" }, clause.id),
      h("p", {}, clause.statement)),
    clause.cells.map((cell) => verdictCell(cell)), single ? figures(clause.cells[0]) : []);
  const head = () => h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Clause"),
    single ? [h("th", { scope: "col", class: "verdict" }, "Verdict"), h("th", { scope: "col", class: "small" }, "Examples"),
      h("th", { scope: "col", class: "error" }, "Largest error")]
      : data.backends.map((name) => h("th", { scope: "col", class: "verdict mono" }, name))));

  const fill = (section, upTo = section.shown + CHUNK) => {
    observer.unobserve(section.element);
    section.element.style.minHeight = "";
    const next = section.clauses.slice(section.shown, upTo);
    section.body.append(...next.map(row));
    section.shown += next.length;
    const left = section.clauses.length - section.shown;
    section.more.hidden = left <= 0;
    section.more.textContent = `Show ${count(Math.min(CHUNK, left))} more of ${count(left)}`;
  };
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) fill(sections.get(target.id));
  }, { rootMargin: "900px" });

  const section = (name, members) => {
    const body = h("tbody");
    const more = h("button", { type: "button", class: "more", hidden: true });
    const title = `${name}-title`;
    const table = h("table", { class: `clauses ${kind}` },
      h("caption", { class: "unseen" }, `Clauses of the chapter ${name}`), head(), body);
    if (!single) table.style.minWidth = `${290 + (crowd ? 112 : 156) * data.backends.length}px`;
    const element = h("section", { class: "chapter", id: name, "aria-labelledby": title },
      h("header", {}, h("h3", { id: title }, name), h("span", { class: "soft" }, some(members.length, "clause"))),
      h("div", { class: "scroll" }, table, more));
    const made = { element, body, more, clauses: members, shown: 0 };
    element.style.minHeight = `${Math.min(members.length, CHUNK) * 62 + 90}px`;
    more.addEventListener("click", () => { const at = made.shown; fill(made); body.querySelectorAll("tr.row a[id]")[at]?.focus(); });
    sections.set(name, made);
    observer.observe(element);
    return element;
  };

  const wanted = () => ({ text: $("search").value.trim(), ...Object.fromEntries(FIELDS.map((name) => [name, $(name).value])) });
  const show = () => {
    const asked = wanted();
    const matched = filter.matching(asked);
    found = matched.filter(({ standings }) => chosen.size === 0 || [...chosen].some((standing) => standings.has(standing)))
      .map(({ clause }) => clause);
    chips(matched);
    $("clear").hidden = !filterHash(asked, chosen);
    observer.disconnect();
    sections.clear();
    const groups = Map.groupBy ? Map.groupBy(found, (clause) => clause.chapter)
      : found.reduce((map, clause) => map.set(clause.chapter, [...(map.get(clause.chapter) ?? []), clause]), new Map());
    const made = [...groups].map(([place, members]) => section(data.chapters[place], members));
    $("list").replaceChildren(...(made.length ? made : [nothing()]));
    // A short list is there at once, for the browser's own search.
    if (found.length <= CHUNK) for (const one of sections.values()) fill(one);
    $("found").textContent = found.length === clauses.length ? some(clauses.length, "clause")
      : `${count(found.length)} of ${some(clauses.length, "clause")}`;
  };
  const nothing = () => {
    const button = h("button", { type: "button", class: "more" }, "Clear the filters");
    button.addEventListener("click", () => { clear(); choose(); $("search").focus(); });
    return h("div", { class: "empty" }, h("p", {}, clauses.length ? "No clause matches these filters." : "No clause was selected in these runs."),
      clauses.length ? button : null);
  };
  const clear = () => { chosen.clear(); for (const name of ["search", ...FIELDS]) $(name).value = ""; };
  // A choice by hand becomes the address, so that it can be passed on.
  const choose = () => {
    show();
    const hash = filterHash(wanted(), [...chosen].map((place) => data.standings[place]));
    history.replaceState(null, "", hash || location.pathname + location.search);
  };
  const take = (query) => {
    clear();
    for (const name of FIELDS) if ([...$(name).options].some((option) => option.value === query.get(name))) $(name).value = query.get(name);
    $("search").value = query.get("text") ?? "";
    for (const name of query.getAll("verdict")) if (data.standings.includes(name)) chosen.add(data.standings.indexOf(name));
    show();
    $("clauses").scrollIntoView();
  };

  const chips = (matched) => {
    const tally = data.standings.map(() => 0);
    for (const { standings } of matched) for (const standing of standings) tally[standing] += 1;
    for (const chip of $("chips").children) {
      const place = Number(chip.dataset.standing);
      chip.querySelector("b").textContent = count(tally[place]);
      chip.setAttribute("aria-pressed", String(chosen.has(place)));
    }
  };
  const makeChips = () => {
    const present = new Set(clauses.flatMap((clause) => clause.cells.filter(Boolean).map((cell) => cell[0] ?? 0)));
    for (const place of [...present].sort((a, b) => b - a)) {
      const [glyph, tone] = tones[data.standings[place]];
      const chip = h("button", { type: "button", class: tone, "data-standing": String(place), "aria-pressed": "false" },
        h("span", { class: "glyph", "aria-hidden": "true" }, glyph), ` ${data.words[place]}`, h("b"));
      chip.addEventListener("click", () => { if (!chosen.delete(place)) chosen.add(place); choose(); });
      $("chips").append(chip);
    }
  };

  const toggle = (anchor, open) => {
    const line = anchor.closest("tr");
    const detail = line.nextElementSibling?.classList.contains("detail") ? line.nextElementSibling : null;
    if (open === (detail !== null)) return;
    anchor.setAttribute("aria-expanded", String(open));
    line.classList.toggle("open", open);
    if (!open) { detail.remove(); return; }
    const clause = index.get(anchor.id);
    line.after(h("tr", { class: "detail" }, h("td", { colspan: String(columns) },
      h("div", {}, detailOf(look, clause, clause.cells)))));
  };
  const goTo = (hash) => {
    if (hash.startsWith("?")) { take(new URLSearchParams(hash)); return; }
    const clause = index.get(hash);
    if (!clause) { sections.get(hash)?.element.scrollIntoView(); return; }
    if (!found.includes(clause)) { clear(); show(); }
    const home = sections.get(data.chapters[clause.chapter]);
    const place = home.clauses.indexOf(clause);
    if (place >= home.shown) fill(home, place + CHUNK);
    const anchor = document.getElementById(clause.id);
    toggle(anchor, true);
    anchor.focus({ preventScroll: true });
    anchor.closest("tr").scrollIntoView({ block: "start" });
  };
  const step = (by) => {
    const anchors = [...$("list").querySelectorAll("tr.row a[id]")];
    const at = anchors.indexOf(document.activeElement);
    anchors[at < 0 ? 0 : Math.min(Math.max(at + by, 0), anchors.length - 1)]?.focus();
  };

  const listen = () => {
    let waiting = 0;
    $("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(choose, 90); });
    for (const name of FIELDS) $(name).addEventListener("change", choose);
    $("clear").addEventListener("click", () => { clear(); choose(); $("search").focus(); });
    $("tools").addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(waiting); choose(); step(1); });
    $("list").addEventListener("click", (event) => {
      const button = event.target.closest("[data-copy]");
      if (button) { copyScript(button); return; }
      const line = event.target.closest("tr.row");
      if (!line || event.ctrlKey || event.metaKey || String(getSelection())) return;
      const anchor = line.querySelector("a[id]");
      const open = anchor.getAttribute("aria-expanded") !== "true";
      event.preventDefault();
      toggle(anchor, open);
      history.replaceState(null, "", open ? `#${anchor.id}` : location.pathname + location.search);
    });
    document.addEventListener("keydown", (event) => {
      const typing = event.target.matches("input, select, textarea");
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "/" && !typing) { event.preventDefault(); $("search").focus(); $("search").select(); }
      if (event.key === "Escape" && event.target === $("search") && $("search").value) { $("search").value = ""; choose(); }
      if (event.key === "Escape" && !typing) {
        const near = event.target.closest("tr.detail")?.previousElementSibling ?? event.target.closest("tr.row");
        if (near) { toggle(near.querySelector("a[id]"), false); near.querySelector("a[id]").focus(); }
      }
      const inList = event.target.matches("tr.row a[id]") || (event.target === $("search") && event.key === "ArrowDown");
      if (inList && (event.key === "ArrowDown" || event.key === "ArrowUp")) { event.preventDefault(); step(event.key === "ArrowDown" ? 1 : -1); }
    });
    addEventListener("hashchange", follow);
    addEventListener("beforeprint", () => { for (const made of sections.values()) if (!made.shown) fill(made); });
  };

  const follow = () => { if (location.hash.length > 1) goTo(unescaped(location.hash.slice(1))); };

  const options = {
    chapter: data.chapters.map((name) => [name, name]),
    level: [...new Set(clauses.map(({ level }) => level).filter(Boolean))].map((name) => [name, `Level ${name}`]),
    dtype: data.types.map((name) => [name, name]),
    device: [...new Set(data.devices)].map((name) => [name, `On ${name}`]),
    backend: data.backends.map((name, i) => [String(i), name]),
  };
  for (const [name, values] of Object.entries(options)) {
    $(name).append(...values.map(([value, text]) => h("option", { value }, text)));
    $(`${name}-field`).hidden = values.length < 2;
  }
  $("tools").hidden = false;
  makeChips();
  listen();
  show();
  follow();
};

themeButton();
if ($("data")) {
  unpack().then((data) => clauseList(data, JSON.parse($("tones").textContent))).catch((error) => {
    $("list").replaceChildren(h("p", { class: "banner", role: "alert" },
      `The clauses cannot be shown (${error.message}). Open this file in a browser of 2024 or later; what stands above is whole.`));
  });
}
