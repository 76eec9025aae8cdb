/**
 * `npm test`: all sizes, one after the other, on both queue backends.
 *
 *   npm test                         everything
 *   npm test -- small medium         these sizes only
 *   npm test -- --backend=redis      medium, conformance and e2e on this backend only
 */
import { parseArgs } from 'node:util';
import { startRedis } from './test/redis-server.ts';
import { passesOf, SIZES } from './test/passes.ts';
import { printHeader, printNote, printSummary } from './test/print.ts';
import { runPass } from './test/run-pass.ts';
import type { PassResult } from './test/run-pass.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { backend: { type: 'string', default: 'both' } },
});

const unknown = positionals.filter((name) => !SIZES.some((size) => size === name));
if (unknown.length > 0 || !['both', 'postgres', 'redis'].includes(values.backend)) {
  console.error(`Sizes: ${SIZES.join(', ')}. Backends: both, postgres, redis.`);
  process.exit(2);
}

const passes = passesOf(positionals, values.backend);
const needsRedis = passes.some((pass) => pass.backend === 'redis');
const redis = needsRedis ? await startRedis() : undefined;
const results: PassResult[] = [];
const notes: string[] = [];
if (needsRedis && !redis) {
  notes.push('The runs on Redis are left out: neither REDIS_URL is set nor is redis-server installed.');
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());

try {
  for (const pass of passes) {
    if (stopping.signal.aborted || (pass.backend === 'redis' && !redis)) continue;
    printHeader(pass.title);
    results.push(await runPass(pass, { redisUrl: redis?.url, signal: stopping.signal }));
  }
} finally {
  await redis?.stop();
}

notes.forEach(printNote);
process.exitCode = printSummary(results);
if (stopping.signal.aborted) process.exitCode = 130;
