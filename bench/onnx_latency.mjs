// Latency of networks in ONNX Runtime, side by side, for noise of one shape:
//   node onnx_latency.mjs [--threads N] [--seconds S] 1,3,32,32 MODEL...
// The first is the base of the ratios. Networks take turns, so that a busy neighbour of the machine hits all of them.
// Prints CSV; times are of one run of the whole batch.
import { createRequire } from 'node:module';

const ort = createRequire(new URL('../tests/interop/run_ort.mjs', import.meta.url))('onnxruntime-node');

const options = { threads: 1, seconds: 10 };
const words = [];
for (let args = process.argv.slice(2); args.length > 0;) {
  const next = args.shift();
  if (!next.startsWith('--')) words.push(next);
  else if (!(next.slice(2) in options)) fail(`unknown option ${next}`);
  else if (!((options[next.slice(2)] = Number(args.shift())) > 0)) fail(`${next} needs a number above 0`);
}
const [shape, ...models] = words;
if (models.length === 0) fail('usage: node onnx_latency.mjs [--threads N] [--seconds S] SHAPE MODEL...');
const dims = shape.split(',').map(Number);
if (!dims.every((d) => Number.isInteger(d) && d > 0)) fail(`${shape}: not a shape such as 1,3,32,32`);

function fail(message) {
  console.error(message);
  process.exit(2);
}

const noise = () => Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, k) => Math.sin(k * 12.9898) * 2);

const runs = [];
for (const model of models) {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ['cpu'], intraOpNumThreads: options.threads, interOpNumThreads: 1, logSeverityLevel: 3,
  });
  const feeds = { [session.inputNames[0]]: new ort.Tensor('float32', noise(), dims) };
  for (let i = 0; i < 3; ++i) await session.run(feeds);
  runs.push({ model, session, feeds, times: [] });
}
for (const end = performance.now() + 1000 * options.seconds; performance.now() < end || runs[0].times.length < 5;) {
  for (const run of runs) {
    const start = performance.now();
    await run.session.run(run.feeds);
    run.times.push(performance.now() - start);
  }
}
const quantile = (times, q) => [...times].sort((a, b) => a - b)[Math.floor(q * (times.length - 1))];
console.log('model,shape,threads,runs,min_ms,median_ms,p90_ms,times_faster');
for (const run of runs) {
  const [min, median, p90] = [0, 0.5, 0.9].map((q) => quantile(run.times, q));
  const ratio = quantile(runs[0].times, 0.5) / median;
  console.log([run.model, dims.join('x'), options.threads, run.times.length, ...[min, median, p90].map((t) => t.toFixed(4)), ratio.toFixed(2)].join(','));
}
