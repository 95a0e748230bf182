// Elements of one clause. All text goes into the page as text, never as markup.

const h = (tag, props = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== ""));
  return element;
};

const count = (number) => number.toLocaleString("en");
const some = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;

// What `payload.py` wrote, by field; trailing empty fields were left out there.
const cellOf = ([standing = 0, tests = [], proved = 0, error = "", coverage = []]) => ({ standing, tests, proved, error, coverage });
const testOf = (strings, [name, standing = 0, examples = 0, judged = 0, unclaimed = 0, seconds = 0, proved = 0,
  errors = [], message = 0, witness = [], expectation = []]) => ({
  name: strings[name], standing, examples, judged, unclaimed, seconds, proved,
  errors: errors.map(([op, dtype, unit, largest, limit]) => [strings[op], strings[dtype], largest, limit, strings[unit]]),
  message: strings[message],
  witness: witness.map((value) => (typeof value === "number" ? strings[value] : value)),
  expectation: expectation.map((value) => (typeof value === "number" ? strings[value] : value)),
});
const clauseOf = ([id, chapter, statement = "", sources = [], strength = "", basis = "", level = "",
  covers = [], code = "", runs = "", mutants = []]) =>
  ({ id, chapter, statement, sources, strength, basis, level, covers, code, runs, mutants });

const badge = (look, standing) => {
  const [glyph, tone] = look.tones[look.standings[standing]];
  return h("span", { class: `badge ${tone}` },
    h("span", { class: "glyph", "aria-hidden": "true" }, glyph), look.words[standing]);
};
const tone = (look, standing) => look.tones[look.standings[standing]][1];

const coloured = (code, runs) => {
  if (!runs) return [code];
  let place = 0;
  return runs.split(" ").map((run) => {
    const text = code.slice(place, (place += Number(run.slice(1))));
    return run[0] === "-" ? text : h("span", { class: `t-${run[0]}` }, text);
  });
};

const codeBlock = (code, runs, label, copy) =>
  h("div", { class: "code" },
    h("pre", { tabindex: "0", role: "group", "aria-label": label }, h("code", {}, coloured(code, runs))),
    copy ? h("button", { type: "button", "data-copy": true }, "Copy") : null);

const textBlock = (text, label) =>
  h("pre", { class: "wrap", tabindex: "0", role: "group", "aria-label": label }, text);

const link = (url, text) => h("a", { href: url, rel: "noopener noreferrer" }, text);

const entry = (name, ...value) => h("div", {}, h("dt", {}, name), h("dd", {}, ...value));

const sourceList = (sources) => sources.map(([text, url, remark]) =>
  h("span", {}, url ? link(url, text) : text, remark ? ` ${remark}` : ""));

const metaList = (clause) => h("dl", { class: "meta" },
  clause.sources.length ? entry("Source", ...sourceList(clause.sources)) : null,
  clause.strength ? entry("Strength", clause.strength) : null,
  clause.basis ? entry("Basis", clause.basis) : null,
  clause.level ? entry("Level", clause.level) : null,
  clause.covers.length ? entry("Covers", clause.covers.join(", ")) : null,
  clause.mutants.length ? entry("Must reject", ...clause.mutants.map((name) => h("span", { class: "mono" }, name))) : null);

const grid = (heads, rows, numbers) => h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": heads[0] },
  h("table", {},
    h("thead", {}, h("tr", {}, heads.map((head, i) => h("th", { scope: "col", class: numbers.includes(i) && "number" }, head)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((value, i) =>
      h("td", { class: numbers.includes(i) && "number" }, value)))))));

const testTable = (look, tests) => grid(
  ["Test", "Verdict", "Examples", "Judged", "Not claimed", "Seconds"],
  tests.map((test) => [h("span", { class: "mono" }, test.name),
    h("span", {}, badge(look, test.standing), test.proved ? h("span", { class: "tag" }, "proved") : null),
    count(test.examples), count(test.judged), count(test.unclaimed), test.seconds.toFixed(2)]),
  [2, 3, 4, 5]);

const errorTable = (errors) => errors.length === 0 ? [] : [
  h("h4", {}, "Largest errors"),
  grid(["Op", "Type", "Largest", "Limit", "Unit"], errors.map(([op, dtype, largest, limit, unit]) =>
    [h("span", { class: "mono" }, op), h("span", { class: "mono" }, dtype), largest, limit, unit]), [2, 3])];

const expectationNote = ([kind, reason, url, shown]) => kind === undefined ? null :
  h("p", { class: "note known" },
    h("b", {}, kind === "departure" ? "Known departure of torch: " : "Known: "), reason, " ",
    url ? link(url, shown) : shown ?? "");

const witnessBlocks = ([script = "", runs = "", allowed = "", seen = "", seed = ""]) =>
  script || allowed || seen ? [
    h("div", { class: "pair" },
      allowed ? h("div", {}, h("h4", {}, "Allowed"), textBlock(allowed, "Allowed")) : null,
      seen ? h("div", {}, h("h4", {}, "Seen"), textBlock(seen, "Seen")) : null),
    script ? h("h4", {}, `The smallest program that shows it, as a script${seed ? ` (seed ${seed})` : ""}`) : null,
    script ? codeBlock(script, runs, "Script", true) : null] : [];

const testBlocks = (test, several) => {
  const blocks = [
    test.expectation.length ? expectationNote(test.expectation) : null,
    test.message ? h("h4", {}, "Message") : null,
    test.message ? textBlock(test.message, "Message") : null,
    ...witnessBlocks(test.witness), ...errorTable(test.errors),
  ].filter(Boolean);
  return several && blocks.length ? [h("h4", { class: "mono" }, test.name), ...blocks] : blocks;
};

const backendBlock = (look, name, packed) => {
  if (!packed) return h("div", { class: "seen quiet" }, h("header", {}, h("h4", { class: "mono" }, name),
    h("span", { class: "none" }, "not selected in this run")));
  const cell = cellOf(packed);
  const tests = cell.tests.map((test) => testOf(look.strings, test));
  return h("div", { class: `seen ${tone(look, cell.standing)}`, role: "group", "aria-label": name },
    h("header", {}, h("h4", { class: "mono" }, name), badge(look, cell.standing),
      cell.proved ? h("span", { class: "tag" }, "proved") : null),
    tests.length ? h("h4", {}, some(tests.length, "test")) : h("p", { class: "soft" }, "No test gave a verdict."),
    tests.length ? testTable(look, tests) : null,
    heatMap(look, cell.coverage), tests.flatMap((test) => testBlocks(test, tests.length > 1)));
};

const detailOf = (look, clause, cells) => [
  metaList(clause),
  clause.code ? h("h4", {}, "The clause as it is executed") : null,
  clause.code ? codeBlock(clause.code, clause.runs, "The clause as it is executed", true) : null,
  ...look.backends.map((name, i) => backendBlock(look, name, cells[i])),
].filter(Boolean);
