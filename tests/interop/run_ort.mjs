// Runs models in ONNX Runtime: node run_ort.mjs (MODEL INPUTS OUTPUTS)...
// INPUTS and OUTPUTS are tensor files: per tensor, little endian, u32 length and bytes of the name, u32 element type
// (TensorProto.DataType), u32 rank, i64 dims, elements. An OUTPUTS file that holds "error: ..." says what went wrong.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const ort = createRequire(import.meta.url)('onnxruntime-node');

const types = {
  1: ['float32', Float32Array], 2: ['uint8', Uint8Array], 3: ['int8', Int8Array], 4: ['uint16', Uint16Array],
  5: ['int16', Int16Array], 6: ['int32', Int32Array], 7: ['int64', BigInt64Array], 9: ['bool', Uint8Array],
  10: ['float16', Uint16Array], 11: ['float64', Float64Array], 12: ['uint32', Uint32Array], 13: ['uint64', BigUint64Array],
};
const numberOf = Object.fromEntries(Object.entries(types).map(([number, [name]]) => [name, Number(number)]));

function readTensors(path) {
  const bytes = readFileSync(path);
  const tensors = {};
  let at = 0;
  const u32 = () => { const v = bytes.readUInt32LE(at); at += 4; return v; };
  while (at < bytes.length) {
    const length = u32();
    const name = bytes.toString('utf8', at, at + length);
    at += length;
    const [type, Store] = types[u32()];
    const dims = Array.from({ length: u32() }, () => { const v = Number(bytes.readBigInt64LE(at)); at += 8; return v; });
    const size = dims.reduce((a, b) => a * b, 1) * Store.BYTES_PER_ELEMENT;
    tensors[name] = new ort.Tensor(type, new Store(Uint8Array.from(bytes.subarray(at, at + size)).buffer), dims);
    at += size;
  }
  return tensors;
}

function writeTensors(path, names, tensors) {
  const parts = [];
  for (const name of names) {
    const tensor = tensors[name];
    const text = Buffer.from(name, 'utf8');
    const head = Buffer.alloc(12 + text.length + 8 * tensor.dims.length);
    head.writeUInt32LE(text.length, 0);
    text.copy(head, 4);
    head.writeUInt32LE(numberOf[tensor.type], 4 + text.length);
    head.writeUInt32LE(tensor.dims.length, 8 + text.length);
    tensor.dims.forEach((d, i) => head.writeBigInt64LE(BigInt(d), 12 + text.length + 8 * i));
    parts.push(head, Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength));
  }
  writeFileSync(path, Buffer.concat(parts));
}

const paths = process.argv.slice(2);
for (let i = 0; i + 2 < paths.length; i += 3) {
  const [model, inputs, outputs] = paths.slice(i, i + 3);
  try {
    const session = await ort.InferenceSession.create(model, {
      executionProviders: ['cpu'], intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3,
    });
    writeTensors(outputs, session.outputNames, await session.run(readTensors(inputs)));
  } catch (error) {
    writeFileSync(outputs, `error: ${error.message}`);
  }
}
