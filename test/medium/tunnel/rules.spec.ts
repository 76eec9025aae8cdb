import { fakeClock, TcpProxy } from '@coorchat/testing';
import { TUNNEL_PATH, TunnelProtocolError, TunnelUnauthorized, TunnelVersionRefused } from '@coorchat/tunnel';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { HELLO, rawWorker } from './raw-worker.js';
import { echoHandler, Gateway, type HarnessWorker, rpc, startWorker } from './tunnel.harness.js';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startGateway(...args: Parameters<typeof Gateway.start>): Promise<Gateway> {
  const gateway = await Gateway.start(...args);
  cleanups.push(() => gateway.stop());
  return gateway;
}

function start(...args: Parameters<typeof startWorker>): HarnessWorker {
  const started = startWorker(...args);
  cleanups.push(() => started.worker.stop({ graceMs: 0 }));
  return started;
}

interface Say {
  readonly send: (...frames: object[]) => void;
  readonly close: (code: number) => void;
}

/** A control plane that answers each frame of the worker by the script. */
async function scripted(script: (say: Say, frame: Record<string, unknown>) => void) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: TUNNEL_PATH });
  const closes: number[] = [];
  let connections = 0;
  server.on('connection', (socket) => {
    connections++;
    socket.on('close', (code) => closes.push(code));
    const say: Say = {
      send: (...frames) => socket.send(frames.map((frame) => JSON.stringify(frame)).join('\n')),
      close: (code) => socket.close(code),
    };
    socket.on('message', (data) => {
      for (const line of String(data).split('\n')) script(say, JSON.parse(line) as Record<string, unknown>);
    });
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  cleanups.push(async () => {
    for (const client of server.clients) client.terminate();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, closes, connections: () => connections };
}

const WELCOME = {
  type: 'welcome',
  version: 1,
  epoch: 1,
  heartbeatIntervalMs: 15_000,
  pingIntervalMs: 10_000,
  maxFrameBytes: 100_000,
  creditBytes: 100_000,
  streamCreditBytes: 10_000,
  maxOpenRequests: 10,
  verdicts: [],
};

describe('a control plane', () => {
  it('refuses a worker that speaks another version, with a code of its own', async () => {
    const gateway = await startGateway();
    const peer = await rawWorker(gateway.port, { ...HELLO, versions: [7] });
    expect(await peer.closed).toEqual({ code: 4406, reason: 'Versions spoken here: 1.' });
    expect(gateway.sessions).toEqual([]);
    expect(gateway.failures[0]).toBeInstanceOf(TunnelProtocolError);
  });

  it.each([
    ['no JSON', 'nonsense', 4400],
    ['no type', '{}', 4400],
    ['no object', '[1]', 4400],
    ['a malformed frame', '{"type":"response","id":"x","body":{}}', 4400],
    ['a second hello', JSON.stringify(HELLO), 4400],
    ['an answer that nobody asked for', '{"type":"response","id":9,"body":{"jsonrpc":"2.0","id":1,"result":1}}', 4400],
    ['an end that nobody asked for', '{"type":"end","id":9,"items":0}', 4400],
    ['a frame above the size', JSON.stringify({ type: 'heartbeat', load: 'x'.repeat(60_000) }), 4413],
  ])('closes the line for %s', async (_name, text, code) => {
    const gateway = await startGateway({ limits: { maxFrameBytes: 50_000 } });
    const peer = await rawWorker(gateway.port);
    await peer.frame('welcome');
    peer.socket.send(text);
    expect((await peer.closed).code).toBe(code);
  });

  it('never buffers a message above the size', async () => {
    const gateway = await startGateway({ limits: { maxFrameBytes: 100_000 } });
    const peer = await rawWorker(gateway.port);
    await peer.frame('welcome');
    peer.socket.send('x'.repeat(200_000));
    expect((await peer.closed).code).toBe(1009);
    expect((await gateway.current.closed).code).not.toBe(1000);
  });

  it('ignores frames that only a newer worker knows', async () => {
    const gateway = await startGateway();
    const peer = await rawWorker(gateway.port, { ...HELLO, versions: [2, 1], novelty: true });
    await peer.frame('welcome');
    peer.send({ type: 'telemetry', anything: [1] }, { type: 'heartbeat', load: 'after', more: 1 });
    await vi.waitFor(() => expect(gateway.heartbeats).toEqual(['after']));
    expect(gateway.current.isOpen).toBe(true);
  });

  it.each([
    ['an item is missing', [{ type: 'item', n: 2 }]],
    [
      'an item comes twice',
      [
        { type: 'item', n: 1 },
        { type: 'item', n: 1 },
      ],
    ],
    [
      'the end comes early',
      [
        { type: 'item', n: 1 },
        { type: 'end', items: 2 },
      ],
    ],
  ])('never takes a stream for complete when %s', async (_name, frames) => {
    const gateway = await startGateway();
    const peer = await rawWorker(gateway.port);
    const session = await gateway.session();
    const stream = session.stream(rpc('stream'));
    const reading = (async () => {
      for await (const item of stream) expect(item).toBeDefined();
    })();
    reading.catch(() => undefined);
    const { id } = await peer.frame('request');
    peer.send(...frames.map((frame) => ({ ...frame, id, body: { jsonrpc: '2.0', id: 1, result: 1 } })));
    await expect(reading).rejects.toMatchObject({ name: 'TunnelClosed', code: 4400 });
    expect((await peer.closed).code).toBe(4400);
  });

  it('gives up a socket that says no hello', async () => {
    const clock = fakeClock();
    const gateway = await startGateway({ clock });
    const peer = await rawWorker(gateway.port, null);
    await clock.advance(10_000);
    expect(await peer.closed).toEqual({ code: 4408, reason: 'No hello came.' });
    expect(gateway.sessions).toEqual([]);
  });
});

describe('a worker', () => {
  it('stops with a clear error when its credential is refused', async () => {
    const gateway = await startGateway();
    gateway.accepted = false;
    const { running, worker, states } = start(gateway.port, echoHandler);
    await expect(running).rejects.toBeInstanceOf(TunnelUnauthorized);
    expect(worker.state).toBe('refused');
    expect(states).toEqual(['connecting', 'refused']);
  });

  it('stops when its credential is revoked while it is connected', async () => {
    const gateway = await startGateway();
    const { running } = start(gateway.port, echoHandler);
    (await gateway.session()).close(4401, 'The worker was removed.');
    await expect(running).rejects.toBeInstanceOf(TunnelUnauthorized);
    await expect(running).rejects.toThrow('removed');
  });

  it('stops when no version is in common', async () => {
    const { port } = await scripted(({ close }) => close(4406));
    await expect(start(port, echoHandler).running).rejects.toBeInstanceOf(TunnelVersionRefused);
  });

  it('refuses a welcome in a version that it did not offer', async () => {
    const { port, closes } = await scripted(({ send }) => send({ ...WELCOME, version: 9 }));
    await expect(start(port, echoHandler).running).rejects.toBeInstanceOf(TunnelVersionRefused);
    await vi.waitFor(() => expect(closes).toEqual([4406]));
  });

  it.each([
    ['comes twice', 2],
    ['has a number that goes back', 1],
  ])('closes the line when a request %s, and does not handle it', async (_name, second) => {
    let handled = 0;
    const { port, closes, connections } = await scripted(({ send }, { type }) => {
      if (type === 'hello') send(WELCOME, { type: 'request', id: 2, body: rpc('echo') });
      if (type === 'response') send({ type: 'request', id: second, body: rpc('echo') });
    });
    start(
      port,
      (request, context) => {
        handled++;
        return echoHandler(request, context);
      },
      { backoff: { baseMs: 60_000, maxMs: 60_000, factor: 1, jitter: 0 } },
    );
    await vi.waitFor(() => expect(closes[0]).toBe(4400));
    // The worker dials again at once, where one more honest request waits.
    expect(handled).toBeGreaterThan(0);
    expect(handled).toBeLessThanOrEqual(connections());
  });

  it('refuses more requests than were agreed', async () => {
    const refused: unknown[] = [];
    const { port } = await scripted(({ send }, frame) => {
      const requests = [1, 2, 3].map((id) => ({ type: 'request', id, body: rpc('wait') }));
      if (frame['type'] === 'hello') send({ ...WELCOME, maxOpenRequests: 2 }, ...requests);
      if (frame['type'] === 'refuse') refused.push(frame);
    });
    start(port, () => new Promise(() => undefined));
    await vi.waitFor(() => expect(refused).toEqual([{ type: 'refuse', id: 3, reason: 'overloaded' }]));
  });

  it('gives up a control plane that says no welcome', async () => {
    const { port, connections } = await scripted(() => undefined);
    const { states } = start(port, echoHandler, { welcomeTimeoutMs: 30 });
    await vi.waitFor(() => expect(connections()).toBeGreaterThan(1));
    expect(states).not.toContain('open');
  });

  it('waits longer and longer when sessions do not last', async () => {
    const clock = fakeClock();
    const { port, connections } = await scripted(({ send, close }, { type }) => {
      if (type !== 'hello') return;
      send(WELCOME);
      close(4409);
    });
    start(port, echoHandler, { clock, backoff: { baseMs: 1000, maxMs: 4000, factor: 2, jitter: 0 } });
    for (const [waitMs, expected] of [
      [1000, 2],
      [1000, 3],
      [2000, 4],
      [4000, 5],
    ] as const) {
      await vi.waitFor(() => expect(connections()).toBe(expected - 1));
      await vi.waitFor(() => expect(clock.sleepers).toBe(1));
      await clock.advance(waitMs - 1);
      expect(connections()).toBe(expected - 1);
      await clock.advance(1);
    }
    await vi.waitFor(() => expect(connections()).toBe(5));
  });

  it('goes on dialling when it cannot say hello yet', async () => {
    const gateway = await startGateway();
    let asked = 0;
    const { faults } = start(gateway.port, echoHandler, {
      hooks: {
        hello: () =>
          ++asked < 3
            ? Promise.reject(new Error('the journal is not read yet'))
            : Promise.resolve({ card: {}, features: ['f'], held: [{ attemptId: 'att_1', fence: 1, lastSeq: 7 }] }),
      },
    });
    await gateway.session();
    expect(gateway.hellos[0]?.held).toEqual([{ attemptId: 'att_1', fence: 1, lastSeq: 7 }]);
    expect(faults.map(({ where }) => where)).toEqual(['hello', 'hello']);
  });

  it('shows what the machine became without a new session', async () => {
    const gateway = await startGateway();
    const { worker } = start(gateway.port, echoHandler);
    worker.sendCard({ name: 'nobody hears this before the welcome' });
    await gateway.session();
    await vi.waitFor(() => expect(worker.state).toBe('open'));
    worker.sendCard({ name: 'grown' });
    await vi.waitFor(() => expect(gateway.cards).toEqual([{ name: 'grown' }]));
    expect(gateway.hellos).toHaveLength(1);
  });

  it('stays connected when a hook throws', async () => {
    const gateway = await startGateway();
    const { faults } = start(gateway.port, echoHandler, {
      hooks: {
        onAck: () => {
          throw new Error('a bug');
        },
      },
    });
    const session = await gateway.session();
    session.ack([{ taskId: 'att_1', seq: 1 }]);
    await vi.waitFor(() => expect(faults).toHaveLength(1));
    expect(await session.request(rpc('echo'))).toBeDefined();
  });

  it('can be stopped while it dials, and while it waits', async () => {
    const dialling = start(1, echoHandler, { backoff: { baseMs: 60_000, maxMs: 60_000, factor: 1, jitter: 0 } });
    await vi.waitFor(() => expect(dialling.states.filter((state) => state === 'waiting').length).toBe(2));
    await dialling.worker.stop();
    await dialling.running;
    expect(dialling.worker.state).toBe('stopped');
  });
});

describe('a line that falls silent', () => {
  it('is given up by both sides after two missed pings, and not before', async () => {
    const clock = fakeClock();
    const gateway = await startGateway({ clock, limits: { pingIntervalMs: 10_000 } });
    const proxy = await TcpProxy.start({ port: gateway.port });
    cleanups.push(() => proxy.close());
    const { states } = start(proxy.port, echoHandler, { clock, pingIntervalMs: 10_000 });
    const session = await gateway.session();
    await vi.waitFor(() => expect(states).toContain('open'));
    proxy.blackHole();
    const asked = session.request(rpc('echo'), { timeoutMs: 300_000 });
    asked.catch(() => undefined);
    await clock.advance(20_000);
    expect(session.isOpen).toBe(true);
    await clock.advance(10_000);
    expect(session.isOpen).toBe(false);
    await expect(asked).rejects.toMatchObject({ name: 'TunnelClosed', code: 4408, delivered: 'unknown' });
    await vi.waitFor(() => expect(states).toContain('waiting'));
  });
});
