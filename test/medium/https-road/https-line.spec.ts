import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { STALE_SESSION_CODE } from '@coorchat/a2a';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpsLine } from '../../../src/edge/a2a/https-line.js';
import { type OutboundPolicy, outboundPolicy } from '../../../src/platform/http/index.js';

const LOCAL: OutboundPolicy = outboundPolicy([], 'http://127.0.0.1');
const TOKEN = 'shown to the registered address alone';

let server: Server;
let seen: IncomingMessage[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const port = () => (server.address() as AddressInfo).port;

function open({ host = '127.0.0.1', policy = LOCAL, timeoutMs = 5_000, scheme = 'http' } = {}): HttpsLine {
  return new HttpsLine({ url: `${scheme}://${host}:${port()}/deep/a2a`, token: TOKEN, policy, timeoutMs });
}

function json(value: object): typeof answer {
  return (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

describe('a call', () => {
  it('goes to the registered address with the credential, whatever the client was told', async () => {
    answer = json({ jsonrpc: '2.0', id: 1, result: { well: true } });
    const line = open();
    expect(await line.call('GetWorkerStatus', {})).toEqual({ well: true });
    await line.fetch('http://elsewhere.invalid/a2a', { method: 'POST', body: '{}' });
    await line.card();
    expect(seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/deep/a2a', `Bearer ${TOKEN}`],
      ['/deep/a2a', `Bearer ${TOKEN}`],
      ['/deep/.well-known/agent-card.json', `Bearer ${TOKEN}`],
    ]);
    expect(line.isOpen).toBe(true);
    line.close('done');
  });

  it('that the worker refuses leaves the line open; one of a newer session ends it', async () => {
    answer = json({ jsonrpc: '2.0', id: 1, error: { code: -32001, message: 'no such task' } });
    const line = open();
    await expect(line.call('ListTaskEvents', {})).rejects.toMatchObject({ code: -32001 });
    expect(line.isOpen).toBe(true);
    answer = json({ jsonrpc: '2.0', id: 1, error: { code: STALE_SESSION_CODE, message: 'Session 7 has begun.' } });
    await expect(line.call('GetWorkerStatus', {})).rejects.toMatchObject({ code: STALE_SESSION_CODE });
    expect(await line.lost).toBe('Session 7 has begun.');
  });

  it('that its caller gives up leaves the line open', async () => {
    answer = () => undefined;
    const line = open();
    const patience = new AbortController();
    const call = line.call('ListTaskEvents', {}, patience.signal);
    await expect.poll(() => seen.length).toBe(1);
    patience.abort(new Error('enough'));
    await expect(call).rejects.toThrow();
    expect(line.isOpen).toBe(true);
    line.close('done');
  });
});

describe('the line ends', () => {
  const others: [string, typeof answer][] = [
    ['a redirect, which is not followed', (_, response) => response.writeHead(307, { location: '/other' }).end()],
    ['an answer of something in between', (_, response) => response.writeHead(502).end('bad gateway')],
    ['a credential that is not taken', (_, response) => response.writeHead(401).end()],
    ['an answer that is no JSON-RPC', (_, response) => response.writeHead(200).end('<html>')],
    ['a connection that breaks', (_, response) => response.destroy()],
    [
      'a body that breaks off',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
        response.write('{', () => response.destroy());
      },
    ],
    ['silence', () => undefined],
  ];

  it.each(others)('after %s', async (_title, given) => {
    answer = given;
    const line = open({ timeoutMs: 500 });
    await expect(line.call('GetWorkerStatus', { epoch: 1 })).rejects.toThrow();
    expect(line.isOpen).toBe(false);
    expect(await line.lost).toBeTypeOf('string');
    const { length } = seen;
    await expect(line.call('GetWorkerStatus', { epoch: 1 })).rejects.toThrow();
    expect(seen.length).toBe(length);
    expect(length).toBe(1);
  });
});

describe('a stream', () => {
  it('may be silent for longer than an answer may take, and ends with the line', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
      setTimeout(() => response.write('data: 2\n\n'), 600);
    };
    const line = open({ timeoutMs: 200 });
    const reader = (await line.fetch('', { method: 'POST', body: '{}' })).body?.getReader();
    const next = async () => Buffer.from((await reader?.read())?.value ?? []).toString();
    expect(await next()).toBe('data: 1\n\n');
    expect(await next()).toBe('data: 2\n\n');
    line.close('the session is over');
    await expect(next()).rejects.toThrow();
  });

  it('has no endless lines', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const chunk = 'x'.repeat(1024 * 1024);
      const more = (): void => void (response.destroyed || response.write(chunk, more));
      more();
    };
    const line = open();
    const response = await line.fetch('', { method: 'POST', body: '{}' });
    await expect(response.text()).rejects.toThrow('an event of more than');
    line.close('done');
  });
});

describe('an address that may not be called', () => {
  const strict = outboundPolicy([]);

  it('is refused before anything is sent', () => {
    expect(() => open({ policy: strict })).toThrow('private network');
    expect(() => open({ policy: strict, scheme: 'https' })).toThrow('private network');
  });

  it('is recognized by what its name leads to', async () => {
    answer = json({});
    const line = open({ policy: strict, scheme: 'https', host: 'localhost' });
    await expect(line.card()).rejects.toThrow();
    expect(await line.lost).toContain('leads into a private network');
    expect(seen).toEqual([]);
  });
});
