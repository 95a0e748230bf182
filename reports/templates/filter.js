// Which clauses are meant: by verdict, chapter, level, type of input, device, backend and text.

const FIELDS = ["chapter", "level", "dtype", "device", "backend"];

// What of a clause is searched: its own text at once, and the numbers of its tests' names and messages.
const searchable = (clause) => clause.search ??= {
  text: [clause.id, clause.statement, clause.code, ...clause.covers, ...clause.mutants, ...clause.sources.flat()].join("\n").toLowerCase(),
  strings: [...new Set(clause.cells.flatMap((cell) => cell ? (cell[1] ?? []).flatMap((test) => [test[0], test[8] ?? 0]) : []))],
};

const makeFilter = (data, clauses) => {
  const lower = data.strings.map((text) => text.toLowerCase());
  const types = new Map();
  const typesIn = (cell) => {
    if (!types.has(cell)) types.set(cell, cell[4] ? typesOf(data.strings, cell[4]) : []);
    return types.get(cell);
  };
  const cellsOf = (clause, wanted) => clause.cells.filter((cell, i) => cell
    && (wanted.backend === "" || Number(wanted.backend) === i)
    && (wanted.device === "" || data.devices[i] === wanted.device)
    && (wanted.dtype === "" || typesIn(cell).includes(wanted.dtype)));
  const finders = (text) => text.toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
    const hits = new Set();
    lower.forEach((string, i) => { if (string.includes(word)) hits.add(i); });
    return (clause) => searchable(clause).text.includes(word) || searchable(clause).strings.some((place) => hits.has(place));
  });

  // Clauses that match all but the verdicts, each with the standings of the cells meant.
  const matching = (wanted) => {
    const words = finders(wanted.text);
    const found = [];
    for (const clause of clauses) {
      if (wanted.chapter !== "" && data.chapters[clause.chapter] !== wanted.chapter) continue;
      if (wanted.level !== "" && clause.level !== wanted.level) continue;
      const cells = cellsOf(clause, wanted);
      if (cells.length === 0 || !words.every((has) => has(clause))) continue;
      found.push({ clause, standings: new Set(cells.map((cell) => cell[0] ?? 0)) });
    }
    return found;
  };
  return { matching };
};

// A filter as the part of an address after `#?`, and back.
const filterHash = (wanted, verdicts) => {
  const query = new URLSearchParams();
  for (const name of FIELDS) if (wanted[name]) query.set(name, wanted[name]);
  if (wanted.text) query.set("text", wanted.text);
  for (const verdict of verdicts) query.append("verdict", verdict);
  return query.size ? `#?${query}` : "";
};
