import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { type RpcHandler, TUNNEL_PATH, tunnelServerOptions, TunnelSession, TunnelWorker } from '@coorchat/tunnel';
import { WebSocketServer } from 'ws';

/**
 * Round trips and streamed items per second through a tunnel between two processes:
 *   npm run build && node tools/bench/tunnel.ts [--json]
 */
const CONCURRENCY = [1, 32, 256];
const RUN_MS = 2000;
const WARM_UP_MS = 500;
const STREAM_ITEMS = 20_000;

const worker: RpcHandler = (request) => {
  const params = request['params'] as { items?: number };
  if (params.items === undefined) return Promise.resolve({ jsonrpc: '2.0', id: 1, result: params });
  return Promise.resolve(numbers(params.items));
};

async function* numbers(to: number): AsyncGenerator<object, void> {
  for (let n = 0; n < to; n++) yield { jsonrpc: '2.0', id: 1, result: { n, text: 'a line of progress' } };
}

function rpc(params: object): object {
  return { jsonrpc: '2.0', id: 1, method: 'bench', params };
}

async function runWorker(url: string): Promise<void> {
  const tunnel = new TunnelWorker({
    url,
    credential: () => 'bench',
    handler: worker,
    hooks: {
      hello: () => Promise.resolve({ card: {}, features: [], held: [] }),
      onWelcome: () => undefined,
      onAck: () => undefined,
      onLease: () => undefined,
      onVerdict: () => undefined,
      onDrain: () => undefined,
      load: () => null,
    },
  });
  process.once('disconnect', () => void tunnel.stop({ graceMs: 0 }));
  await tunnel.run();
}

async function askFor(session: TunnelSession, lanes: number, ms: number): Promise<number> {
  const until = performance.now() + ms;
  let answered = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < until) {
      await session.request(rpc({ text: 'a question' }));
      answered++;
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: lanes }, lane));
  return Math.round((answered / (performance.now() - started)) * 1000);
}

async function readStreams(session: TunnelSession, streams: number): Promise<number> {
  const started = performance.now();
  let items = 0;
  const read = async (): Promise<void> => {
    for await (const item of session.stream(rpc({ items: STREAM_ITEMS / streams }))) if (item) items++;
  };
  await Promise.all(Array.from({ length: streams }, read));
  return Math.round((items / (performance.now() - started)) * 1000);
}

async function idleLatencyMs(session: TunnelSession): Promise<{ p50: number; p99: number }> {
  const samples: number[] = [];
  for (let n = 0; n < 500; n++) {
    const started = performance.now();
    await session.request(rpc({ n }));
    samples.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  samples.sort((a, b) => a - b);
  const at = (share: number) => Number((samples[Math.floor(samples.length * share)] ?? 0).toFixed(2));
  return { p50: at(0.5), p99: at(0.99) };
}

async function measure(session: TunnelSession): Promise<Record<string, unknown>> {
  await askFor(session, 32, WARM_UP_MS);
  const roundTripsPerSecond: Record<number, number> = {};
  for (const lanes of CONCURRENCY) roundTripsPerSecond[lanes] = await askFor(session, lanes, RUN_MS);
  const itemsPerSecond: Record<number, number> = {};
  for (const streams of [1, 100, 1000]) itemsPerSecond[streams] = await readStreams(session, streams);
  return { roundTripsPerSecond, itemsPerSecond, idleRoundTripMs: await idleLatencyMs(session) };
}

async function main(): Promise<void> {
  const http = createServer();
  const sockets = new WebSocketServer(tunnelServerOptions());
  const accepted = new Promise<TunnelSession>((resolve, reject) => {
    http.on('upgrade', (request, socket, head) => {
      sockets.handleUpgrade(request, socket, head, (upgraded) => {
        TunnelSession.accept(upgraded, { onHello: () => Promise.resolve({ epoch: 1, verdicts: [] }) }).then(
          resolve,
          reject,
        );
      });
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const child = fork(import.meta.filename, ['--worker', `ws://127.0.0.1:${address.port}${TUNNEL_PATH}`], {
    execArgv: process.execArgv,
  });
  try {
    const results = await measure(await accepted);
    console.log(process.argv.includes('--json') ? JSON.stringify(results) : results);
  } finally {
    child.disconnect();
    http.closeAllConnections();
    http.close();
  }
}

const workerUrl = process.argv[process.argv.indexOf('--worker') + 1];
await (process.argv.includes('--worker') && workerUrl ? runWorker(workerUrl) : main());
