// Which inputs a clause was tried on: a heat map of types by layouts and special values, empty cells included.

// What `payload.py` wrote: the names, then row by row the number of tensors and one count a column.
const gridOf = (strings, [place, ...counts]) => {
  if (place === undefined) return { layouts: [], specials: [], rows: [] };
  const [layouts, specials, types] = strings[place].split("\n").map((line) => line.split("\t").filter(Boolean));
  const width = 1 + layouts.length + specials.length;
  return { layouts, specials, rows: types.map((type, i) => {
    const [total, ...row] = counts.slice(i * width, (i + 1) * width);
    return { type, total, row };
  }) };
};

const typesOf = (strings, packed) => gridOf(strings, packed).rows.filter(({ type, total }) => total > 0 && type !== "any").map(({ type }) => type);

// Special numbers are those of real floating types; others have none, or theirs are not counted.
const counts = (type, special) => /^(float|bfloat|any)/.test(type) || !["nan", "inf", "-0", "subnormal"].includes(special);

const heatCell = (value, isCounted) => {
  if (value === undefined || value < 0 || !isCounted) return h("td", { class: "heat none" }, h("span", { "aria-label": "not counted" }, "·"));
  const step = value === 0 ? 0 : Math.min(5, 1 + Math.floor(Math.log10(value) * 1.5));
  return h("td", { class: `heat h${step}` }, count(value));
};

const heatMap = (look, packed) => {
  const grid = gridOf(look.strings, packed);
  if (grid.rows.length === 0) return [];
  const [layouts, specials] = [look.layouts, look.specials];
  const at = (row, names, name, offset) => (names.includes(name) ? row[offset + names.indexOf(name)] : row[0] < 0 ? -1 : 0);
  const heads = [...layouts, ...specials];
  const table = h("table", { class: "heatmap" },
    h("caption", { class: "unseen" }, "Tensors made, by type, layout and special value"),
    h("thead", {},
      h("tr", {}, h("td", { colspan: "2" }), layouts.length ? h("th", { scope: "colgroup", colspan: String(layouts.length) }, "layout") : null,
        specials.length ? h("th", { scope: "colgroup", colspan: String(specials.length), class: "start" }, "with") : null),
      h("tr", {}, h("th", { scope: "col" }, "type"), h("th", { scope: "col", class: "number" }, "tensors"),
        heads.map((name, i) => h("th", { scope: "col", class: i === layouts.length && "start" }, name)))),
    h("tbody", {}, grid.rows.map(({ type, total, row }) => h("tr", {},
      h("th", { scope: "row" }, type === "any" ? "any type" : type), h("td", { class: "number" }, count(total)),
      layouts.map((name) => heatCell(at(row, grid.layouts, name, 0), true)),
      specials.map((name) => heatCell(at(row, grid.specials, name, grid.layouts.length), counts(type, name)))))));
  const missing = look.types.filter((type) => !grid.rows.some((row) => row.type === type && row.total > 0));
  return [h("h4", {}, "Input covered"),
    h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Input covered" }, table),
    missing.length && !grid.rows.some(({ type }) => type === "any")
      ? h("p", { class: "soft small-print" }, `Never tried here, tried elsewhere in the canon: ${missing.join(", ")}.`) : null];
};
