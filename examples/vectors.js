// A reader of vectors in another language: a toy tensor library, held to what `tensorcanon vectors` wrote.
//
//     tensorcanon vectors --out vectors
//     node examples/vectors.js vectors [PART OF CLAUSE IDS]
//
// The library knows contiguous tensors of a few types and a handful of operations; what a vector needs beyond
// that is not claimed. To break it on purpose: node examples/vectors.js vectors --fault.
// Exit code: 0 where all that was judged is as due, 1 where not, 2 where the vectors cannot be used.

"use strict";

const fs = require("node:fs");
const path = require("node:path");
const crypto = require("node:crypto");

// Numerals: floats are hexadecimal text.

function numeral(text) {
  if (text.startsWith("nan")) return NaN;
  if (text.endsWith("inf")) return text.startsWith("-") ? -Infinity : Infinity;
  const [, sign, whole, fraction = "", power] = /^(-?)0x([01])(?:\.([0-9a-f]+))?p([+-]\d+)$/.exec(text);
  const digits = parseInt(whole + fraction, 16) / 16 ** fraction.length;
  // In two steps: a subnormal's power alone would underflow.
  const half = Math.trunc(power / 2);
  return (sign ? -1 : 1) * digits * 2 ** half * 2 ** (power - half);
}

function element(item) {
  if (item !== null && typeof item === "object") throw new Absent("complex or large numbers");
  return typeof item === "string" ? numeral(item) : item;
}
const same = (a, b) => Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b));
// Of the zeros, -0 is the lesser.
const atMost = (a, b) => a < b || (a === b && !(Object.is(a, 0) && Object.is(b, -0)));

// The toy library.

class Absent extends Error {}

class Failure extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

const rounded = {
  float32: (x) => Math.fround(x),
  float64: (x) => x,
  uint8: (x) => x & 255,
  int8: (x) => (x << 24) >> 24,
  int16: (x) => (x << 16) >> 16,
  int32: (x) => x | 0,
  int64: (x) => {
    // The toy keeps to what a JavaScript number holds.
    if (!Number.isSafeInteger(x)) throw new Absent("large integers");
    return x + 0;
  },
  bool: (x) => Boolean(x),
};
const size = (shape) => shape.reduce((product, length) => product * length, 1);
const tensor = (dtype, shape, elements) => ({ dtype, shape, elements: elements.map(rounded[dtype]) });

function broadcastShape(a, b) {
  const shape = [];
  for (let back = 1; back <= Math.max(a.length, b.length); back++) {
    const [m, n] = [a.at(-back) ?? 1, b.at(-back) ?? 1];
    if (m !== n && m !== 1 && n !== 1) throw new Failure("RuntimeError", `sizes ${m} and ${n}`);
    shape.unshift(m === 1 ? n : m);
  }
  return shape;
}

function place(flat, shape, own) {
  let [at, step, rest] = [0, 1, flat];
  for (let back = 1; back <= shape.length; back++) {
    const length = own.at(-back) ?? 1;
    if (length > 1) at += (rest % shape.at(-back)) * step;
    step *= length;
    rest = Math.floor(rest / shape.at(-back));
  }
  return at;
}

const binary = (compute, result) => (a, b) => {
  if (!a?.elements || a.dtype !== b?.dtype || a.dtype === "bool") throw new Absent("types");
  const shape = broadcastShape(a.shape, b.shape);
  const elements = Array.from({ length: size(shape) }, (_, flat) =>
    compute(a.elements[place(flat, shape, a.shape)], b.elements[place(flat, shape, b.shape)]),
  );
  return tensor(result ?? a.dtype, shape, elements);
};
const unary = (compute, result) => (a) => {
  if (!a?.elements || a.dtype === "bool") throw new Absent("types");
  return tensor(result ?? a.dtype, a.shape, a.elements.map(compute));
};

const fault = process.argv.includes("--fault");
const functions = {
  add: binary((x, y) => x + y),
  sub: binary((x, y) => x - y),
  maximum: binary((x, y) => Math.max(x, y)),
  minimum: binary((x, y) => Math.min(x, y)),
  square: (a) => functions.mul(a, a),
  logical_not: unary((x) => x === 0, "bool"),
  clone: unary((x) => x),
  // A conversion to integers drops the fraction.
  to: (a, { dtype }) => {
    if (!a?.elements || !(dtype in rounded)) throw new Absent("types");
    return tensor(dtype, a.shape, a.elements.map(Number).map(dtype.includes("int") ? Math.trunc : (x) => x));
  },
  mul: (a, b) => binary(a?.dtype?.includes("int") && a.dtype !== "int64" ? Math.imul : (x, y) => x * y)(a, b),
  neg: unary((x) => (fault ? Math.abs(x) : -x)),
  abs: unary(Math.abs),
  sign: unary(Math.sign),
  floor: unary(Math.floor),
  ceil: unary(Math.ceil),
  trunc: unary(Math.trunc),
  eq: binary((x, y) => x === y, "bool"),
  ne: binary((x, y) => x !== y, "bool"),
  lt: binary((x, y) => x < y, "bool"),
  le: binary((x, y) => x <= y, "bool"),
  gt: binary((x, y) => x > y, "bool"),
  ge: binary((x, y) => x >= y, "bool"),
  isnan: unary(Number.isNaN, "bool"),
};

// Programs.

function value(made, known) {
  if (made === null || typeof made !== "object") return made;
  if (Array.isArray(made)) return made.map((item) => value(item, known));
  if ("name" in made && made.name in known) return known[made.name];
  if ("array" in made) return made.array;
  if ("dtype" in made) return made;
  if ("tuple" in made) return value(made.tuple, known);
  throw new Absent(Object.keys(made)[0]);
}

function take(step, known) {
  // Nothing here records gradients.
  if (step.name === "with.torch.no_grad") return null;
  const args = step.args.map((arg) => value(arg, known));
  if (step.name === "make") return tensor(args[0].dtype, args[0].shape, args[0].elements.map(element));
  const [space, name] = step.name.split(".");
  if (!["torch", "Tensor", "operator"].includes(space) || !(name in functions) || step.kwargs) {
    throw new Absent(step.name);
  }
  if (args.length !== (functions[name].length || args.length)) throw new Absent("arguments");
  return functions[name](...args);
}

// Outcomes: returns why something is not allowed, null where it is.

function refusal(allowed, seen) {
  const [[tag, due]] = Object.entries(allowed);
  if (tag === "unspecified") return null;
  if (tag === "raises") {
    return seen instanceof Failure && due.kinds.includes(seen.kind) ? null : `${due.kinds} was due`;
  }
  if (tag === "each") {
    if (!Array.isArray(seen) || seen.length !== due.items.length) return `${due.items.length} items were due`;
    return due.items.map((item, at) => refusal(item, seen[at])).find((reason) => reason) ?? null;
  }
  if (tag === "one_of") return due.every((option) => refusal(option, seen)) ? "none of those allowed" : null;
  if (tag !== "tensor") throw new Absent(`outcome ${tag}`);
  if (!seen?.elements && !(seen instanceof Failure)) return "a tensor was due";
  if (seen instanceof Failure) return `${seen.kind}: ${seen.message}`;
  if (due.dtype !== undefined && due.dtype !== seen.dtype) return `${seen.dtype}, due: ${due.dtype}`;
  if (due.shape !== undefined && `${due.shape}` !== `${seen.shape}`) return `[${seen.shape}], due: [${due.shape}]`;
  const at = seen.elements.findIndex((got, flat) => !fits(due, flat, got));
  return at < 0 ? null : `${seen.elements[at]} at ${at}, due: ${JSON.stringify(due)}`;
}

function fits(due, flat, got) {
  if (due.elements) {
    const wanted = due.elements[flat];
    return wanted === null || same(element(wanted), got) || (due.signed_zero === false && element(wanted) === got);
  }
  if (due.low === undefined) return true;
  if (typeof due.low === "string") return numeral(due.low) <= got && got <= numeral(due.high);
  if (due.low[flat] === null) return true;
  const [low, high] = [due.low, due.high].map((ends) => element(ends[flat]));
  return (Number.isNaN(low) && Number.isNaN(got)) || (atMost(low, got) && atMost(got, high));
}

// A vector: throws Absent where it needs what the library has not.

function play(vector, judged) {
  const { dtypes, data, ...rest } = vector.needs;
  if (Object.keys(rest).length || dtypes.some((name) => !(name in rounded))) throw new Absent("needs");
  const known = {};
  for (const line of vector.steps) {
    let seen;
    try {
      seen = "look" in line ? value(line.look, known) : take(line, known);
    } catch (error) {
      if (!(error instanceof Failure) || !line.clause) throw error;
      seen = error;
    }
    if (line.out) known[line.out] = seen;
    if (line.clause) judged.push([line.clause, refusal(line.allowed, seen)]);
  }
}

function read(folder) {
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, "manifest.json"), "utf8"));
  if (manifest.format !== "tensorcanon-vectors" || manifest.version !== 1) throw new Error("not vectors of version 1");
  const vectors = Object.entries(manifest.files).flatMap(([name, entry]) => {
    const raw = fs.readFileSync(path.join(folder, name));
    const digest = crypto.createHash("sha256").update(raw).digest("hex");
    if (digest !== entry.sha256) throw new Error(`${name} is not what the manifest says`);
    return JSON.parse(raw).vectors;
  });
  return { vectors, departures: manifest.departures };
}

function main([folder, part = ""]) {
  let vectors, departures;
  try {
    ({ vectors, departures } = read(folder ?? "vectors"));
  } catch (error) {
    console.error(`vectors.js: ${error.message}`);
    return 2;
  }
  const clauses = new Map();
  let unclaimed = 0;
  for (const vector of vectors) {
    const judged = [];
    try {
      play(vector, judged);
    } catch (error) {
      if (!(error instanceof Absent)) throw error;
      unclaimed++;
    }
    for (const [clause, reason] of judged.filter(([id]) => id.includes(part))) {
      clauses.set(clause, clauses.get(clause) ?? reason);
    }
  }
  const wrong = [...clauses].filter(([, reason]) => reason !== null);
  // Where torch itself departs from its documentation, a library may do as torch does.
  const failed = wrong.filter(([clause]) => !(clause in departures));
  for (const [clause, reason] of failed) console.log(`fail: ${clause}: ${reason}`);
  const passed = clauses.size - wrong.length;
  const known = wrong.length - failed.length;
  console.log(`${passed} clauses pass, ${failed.length} fail, ${known} as torch does;`);
  console.log(`${unclaimed} of ${vectors.length} vectors not claimed`);
  return failed.length ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2).filter((word) => !word.startsWith("--")));
