// A backend in another language: a worker that speaks the protocol of conformance/schema/protocol-1.json.
//
//     tensorcanon run --backend "worker:node examples/worker.js" --profile smoke -k test_promotion
//
// It knows float32 tensors and a handful of operations, claims no more, and says "Absent" of all else.

"use strict";

const readline = require("node:readline");

const held = new Map();
let next = 1;

class Failure extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

// A tensor is contiguous: {shape, data: Float32Array}.
const size = (shape) => shape.reduce((product, length) => product * length, 1);
const keep = (value) => {
  held.set(next, value);
  return { handle: next++ };
};

function fromBase64(array) {
  const bytes = Buffer.from(array.data, "base64");
  const data = new Float32Array(size(array.shape));
  for (let at = 0; at < data.length; at++) data[at] = bytes.readFloatLE(4 * at);
  return { shape: array.shape, data };
}

function toBase64(tensor) {
  const bytes = Buffer.alloc(4 * tensor.data.length);
  tensor.data.forEach((value, at) => bytes.writeFloatLE(value, 4 * at));
  return bytes.toString("base64");
}

function contiguous(shape) {
  const strides = new Array(shape.length).fill(1);
  for (let dim = shape.length - 2; dim >= 0; dim--) {
    strides[dim] = strides[dim + 1] * Math.max(shape[dim + 1], 1);
  }
  return strides;
}

function broadcastShape(a, b) {
  const shape = [];
  for (let back = 1; back <= Math.max(a.length, b.length); back++) {
    const [m, n] = [a.at(-back) ?? 1, b.at(-back) ?? 1];
    if (m !== n && m !== 1 && n !== 1) {
      throw new Failure("RuntimeError", `sizes ${m} and ${n} do not broadcast`);
    }
    shape.unshift(m === 1 ? n : m);
  }
  return shape;
}

function elementwise(compute) {
  return (a, b) => {
    const shape = broadcastShape(a.shape, b.shape);
    const [sa, sb, out] = [contiguous(a.shape), contiguous(b.shape), contiguous(shape)];
    const data = new Float32Array(size(shape));
    for (let flat = 0; flat < data.length; flat++) {
      let [i, j] = [0, 0];
      shape.forEach((length, dim) => {
        const index = Math.floor(flat / out[dim]) % length;
        const [da, db] = [dim - shape.length + a.shape.length, dim - shape.length + b.shape.length];
        if (da >= 0 && a.shape[da] > 1) i += index * sa[da];
        if (db >= 0 && b.shape[db] > 1) j += index * sb[db];
      });
      data[flat] = compute(a.data[i], b.data[j]);
    }
    return { shape, data };
  };
}

const unary = (compute) => (a) => ({ shape: a.shape, data: a.data.map(compute) });

const functions = {
  add: elementwise((x, y) => x + y),
  sub: elementwise((x, y) => x - y),
  mul: elementwise((x, y) => x * y),
  neg: unary((x) => -x),
  abs: unary(Math.abs),
};

function argument(value) {
  const tensor = value !== null && typeof value === "object" && held.get(value.handle);
  if (!tensor) throw new Failure("Absent", "an argument that is no tensor");
  return tensor;
}

function call(request) {
  const [space, name] = request.name.split(".");
  const known = space === "torch" || space === "Tensor" || space === "operator";
  if (!known || !(name in functions) || Object.keys(request.kwargs).length > 0) {
    throw new Failure("Absent", `this worker has no ${request.name}`);
  }
  const tensors = request.args.map(argument);
  if (tensors.length !== functions[name].length) throw new Failure("TypeError", "wrong number of arguments");
  return { value: keep(functions[name](...tensors)) };
}

function look(request) {
  const tensor = held.get(request.handle);
  const seen = {
    dtype: "float32",
    shape: tensor.shape,
    strides: null,
    data: toBase64(tensor),
    requires_grad: false,
    device: "cpu",
  };
  return { seen: { tensor: seen } };
}

const verbs = {
  hello: () => ({
    identity: { name: "javascript", version: process.version, device: "cpu", details: {} },
    claims: { dtypes: ["float32"], strides: false, autograd: false, complete: false },
  }),
  make: (request) => ({ value: keep(fromBase64(request.array)) }),
  call,
  look,
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const request = JSON.parse(line);
  if (request.do === "release") {
    request.handles.forEach((handle) => held.delete(handle));
    return;
  }
  let reply;
  try {
    reply = verbs[request.do](request);
  } catch (error) {
    reply = { error: { kind: error.kind ?? error.name, message: error.message } };
  }
  process.stdout.write(JSON.stringify({ id: request.id, ...reply }) + "\n");
});
