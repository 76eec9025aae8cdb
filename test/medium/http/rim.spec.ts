import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { Controller, Get, Injectable, type OnModuleInit } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type HttpApp, RawRoutes } from '../../../src/platform/http/index.js';
import { accepted, KEY, listen, slow, startProbe } from './probe-app.js';

let app: HttpApp;
let url: string;
const authorization = `Bearer ${KEY}`;
const json = { authorization, 'content-type': 'application/json' };

beforeAll(async () => {
  app = await startProbe();
  url = await listen(app);
});
afterAll(async () => app.close());
beforeEach(() => void accepted.splice(0));

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

interface BadInput {
  readonly name: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly status: number;
  readonly code: string;
}

const badInputs: BadInput[] = [
  { name: 'broken JSON', body: '{"name":', status: 400, code: 'http.broken_json' },
  { name: 'no body', status: 400, code: 'http.invalid_body' },
  { name: 'a wrong type', body: '{"name":1,"count":1}', status: 400, code: 'http.invalid_body' },
  { name: 'an unknown field', body: '{"name":"a","count":1,"admin":true}', status: 400, code: 'http.invalid_body' },
  { name: 'a list instead of an object', body: '[]', status: 400, code: 'http.invalid_body' },
  { name: 'null', body: 'null', status: 400, code: 'http.invalid_body' },
  {
    name: 'a __proto__ key',
    body: '{"name":"a","count":1,"__proto__":{"x":1}}',
    status: 400,
    code: 'http.broken_json',
  },
  { name: 'a NUL character', body: '{"name":"a\\u0000","count":1}', status: 400, code: 'http.invalid_body' },
  { name: 'half of a surrogate pair', body: '{"name":"\\uD83D","count":1}', status: 400, code: 'http.invalid_body' },
  {
    name: 'bytes that are no UTF-8',
    body: new Uint8Array([...Buffer.from('{"name":"'), 0xff, 0xfe, ...Buffer.from('","count":1}')]),
    status: 400,
    code: 'http.not_utf8',
  },
  {
    name: 'the first half of a character',
    body: new Uint8Array([...Buffer.from('{"name":"'), 0xc3, ...Buffer.from('","count":1}')]),
    status: 400,
    code: 'http.not_utf8',
  },
  {
    name: 'a query that nobody reads',
    method: 'GET',
    path: '/v1/things/thing_1?x=1',
    status: 400,
    code: 'http.invalid_query',
  },
  { name: 'a NUL in the query', method: 'GET', path: '/v1/things?limit=%00', status: 400, code: 'http.invalid_query' },
  {
    name: 'a constructor.prototype key',
    body: '{"constructor":{"prototype":{}}}',
    status: 400,
    code: 'http.broken_json',
  },
  { name: 'deep nesting', body: `{"name":"a","count":1,"nested":${nested(100)}}`, status: 400, code: 'http.too_deep' },
  { name: 'very deep nesting', body: nested(4_900), status: 400, code: 'http.too_deep' },
  {
    name: 'an oversized body',
    body: JSON.stringify({ name: 'x'.repeat(20_000), count: 1 }),
    status: 413,
    code: 'http.body_too_large',
  },
  {
    name: 'a form',
    body: 'name=a',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    status: 415,
    code: 'http.unsupported_media_type',
  },
  {
    name: 'plain text',
    body: 'hello',
    headers: { 'content-type': 'text/plain' },
    status: 415,
    code: 'http.unsupported_media_type',
  },
  { name: 'an unknown route', path: '/v1/nothing', status: 404, code: 'http.unknown_route' },
  { name: 'a wrong method', method: 'PUT', body: '{}', status: 405, code: 'http.method_not_allowed' },
  { name: 'a wrong query', method: 'GET', path: '/v1/things?limit=abc', status: 400, code: 'http.invalid_query' },
  {
    name: 'a repeated query value',
    method: 'GET',
    path: '/v1/things?limit=1&limit=2',
    status: 400,
    code: 'http.invalid_query',
  },
  { name: 'an unknown query', method: 'GET', path: '/v1/things?sort=name', status: 400, code: 'http.invalid_query' },
  { name: 'a malformed id', method: 'GET', path: '/v1/things/other_1', status: 400, code: 'http.invalid_params' },
  {
    name: 'an overlong id',
    method: 'GET',
    path: `/v1/things/${'a'.repeat(600)}`,
    status: 414,
    code: 'http.url_too_long',
  },
  { name: 'a malformed URL', method: 'GET', path: '/v1/things/%E0%A4%A', status: 400, code: 'http.bad_url' },
];

describe('bad input', () => {
  it.each(badInputs)('answers $status $code to $name and changes nothing', async (input) => {
    const { path = '/v1/things', method = 'POST', headers = {}, body } = input;
    const response = await fetch(url + path, {
      method,
      headers: { ...json, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const problem = (await response.json()) as Record<string, unknown>;
    expect({ status: response.status, code: problem['code'] }).toEqual({ status: input.status, code: input.code });
    expect(response.headers.get('content-type')).toMatch('application/problem+json');
    expect(problem).toMatchObject({ status: input.status, requestId: response.headers.get('x-request-id') });
    expect(accepted).toEqual([]);
  });

  it('names each fault with its path', async () => {
    const response = await fetch(`${url}/v1/things`, { method: 'POST', headers: json, body: '{"name":"","count":-1}' });
    const { details } = (await response.json()) as { details: { issues: { path: string }[] } };
    expect(details.issues.map(({ path }) => path)).toEqual(['name', 'count']);
  });

  it('answers headers that are too large', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(`GET /health/live HTTP/1.1\r\nHost: x\r\nX-Big: ${'a'.repeat(100_000)}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 431 [\s\S]*http\.headers_too_large/);
  });

  it('answers an upgrade whose headers are too large', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket';
    socket.write(`GET /tunnel/v1 HTTP/1.1\r\nHost: x\r\n${upgrade}\r\nDPoP: ${'a'.repeat(100_000)}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 431 [\s\S]*http\.headers_too_large/);
  });

  it('answers what is no HTTP', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('\x16\x03\x01 hello\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 [\s\S]*http\.bad_request/);
  });
});

describe('access', () => {
  it('asks for a credential before it reads the body', async () => {
    const response = await fetch(`${url}/v1/things`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"na',
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
    expect(await response.json()).toMatchObject({ code: 'http.unauthenticated' });
  });

  it('refuses a credential without the scope, and names it', async () => {
    const response = await fetch(`${url}/v1/things/admin`, { headers: { authorization } });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'http.missing_scope', details: { needed: ['cluster:admin'] } });
  });

  it('gives controllers and raw routes the tenant of the credential', async () => {
    const made = await fetch(`${url}/v1/things`, { method: 'POST', headers: json, body: '{"name":"a","count":1}' });
    expect([made.status, await made.json()]).toEqual([201, { orgId: 'org_probe' }]);
    const raw = await fetch(`${url}/raw/echo`, { method: 'POST', headers: { authorization } });
    expect([raw.status, await raw.json()]).toEqual([200, { orgId: 'org_probe' }]);
    expect((await fetch(`${url}/raw/echo`, { method: 'POST' })).status).toBe(401);
  });

  it('limits what a public route takes from one address', async () => {
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await fetch(`${url}/v1/things/limited`)).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('does not start with a controller route that says nothing, and names it', async () => {
    @Controller('v1/silent')
    class SilentController {
      @Get(':id')
      get() {
        return {};
      }
    }
    await expect(startProbe([SilentController])).rejects.toThrow('GET /v1/silent/:id');
  });

  it('does not start with a raw route that says nothing, and names it', async () => {
    @Injectable()
    class SilentRoute implements OnModuleInit {
      constructor(private readonly routes: RawRoutes) {}

      onModuleInit(): void {
        this.routes.plugin(async (scope) => void scope.post('/raw/silent', () => ({})));
      }
    }
    await expect(startProbe([], [SilentRoute])).rejects.toThrow('POST /raw/silent');
  });

  it('hands an upgrade to its route, and refuses others', async () => {
    @Injectable()
    class UpgradeRoute implements OnModuleInit {
      constructor(private readonly routes: RawRoutes) {}

      onModuleInit(): void {
        const handler = (_request: unknown, socket: Duplex) => void socket.end('HTTP/1.1 418 Mine\r\n\r\n');
        this.routes.upgrade({ path: '/socket', authenticatedBy: 'nothing, it is a probe', handler });
      }
    }
    const probe = await startProbe([], [UpgradeRoute]);
    const port = Number(new URL(await listen(probe)).port);
    const upgrade = async (path: string) => {
      const socket = connect(port, '127.0.0.1');
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return answer.toString().slice(9, 12);
    };
    expect([await upgrade('/socket?x=1'), await upgrade('/other')]).toEqual(['418', '404']);
    await probe.close();
  });
});

describe('a refused upgrade', () => {
  const request = 'GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

  @Injectable()
  class OtherRoute implements OnModuleInit {
    constructor(private readonly routes: RawRoutes) {}

    onModuleInit(): void {
      this.routes.upgrade({ path: '/socket', authenticatedBy: 'nothing, it is a probe', handler: () => undefined });
    }
  }

  it('survives callers who hang up at once', async () => {
    const probe = await startProbe([], [OtherRoute]);
    const port = Number(new URL(await listen(probe)).port);
    for (let n = 0; n < 50; n++) {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      await new Promise((resolve) => socket.write(request, resolve));
      socket.resetAndDestroy();
    }
    expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
    await probe.close();
  });

  it('keeps no connection of callers who never hang up', async () => {
    const probe = await startProbe([], [OtherRoute]);
    const port = Number(new URL(await listen(probe)).port);
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write(request);
    socket.resume();
    await once(socket, 'end');
    // Whoever writes to a connection that is gone is reset.
    socket.on('error', () => undefined);
    const writing = setInterval(() => socket.write('x'), 10);
    await new Promise((resolve) => socket.once('close', resolve));
    clearInterval(writing);
    await probe.close();
  });
});

describe('answers', () => {
  it('honours a harmless request id and replaces another', async () => {
    const id = async (given: string) =>
      (await fetch(`${url}/health/live`, { headers: { 'x-request-id': given } })).headers.get('x-request-id');
    expect(await id('trace-1.2:3')).toBe('trace-1.2:3');
    expect(await id('a b<script>')).toMatch(/^req_/);
    expect(await id('x'.repeat(200))).toMatch(/^req_/);
  });

  it('never shows the message of an internal fault', async () => {
    const response = await fetch(`${url}/v1/things/broken`);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toContain('hunter2');
    expect(JSON.parse(text)).toMatchObject({ code: 'http.internal' });
  });

  it('sets the security headers', async () => {
    const { headers } = await fetch(`${url}/health/live`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it('streams events with ids and heartbeats, and keeps the headers', async () => {
    const leave = new AbortController();
    const response = await fetch(`${url}/v1/things/stream`, { headers: { authorization }, signal: leave.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array);
      if (text.includes('heartbeat')) break;
    }
    leave.abort();
    expect(text).toContain('id: 1\nevent: thing\ndata: {"n":1}\n\n');
  });
});

describe('documentation', () => {
  it('describes every operation with summary, schemas and problems', async () => {
    const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
      openapi: string;
      paths: Record<
        string,
        Record<string, { summary?: string; responses: object; security: object[]; requestBody?: object }>
      >;
    };
    expect(document.openapi).toBe('3.1.0');
    const make = document.paths['/v1/things']?.['post'];
    expect(make).toMatchObject({
      summary: 'Make a thing',
      security: [
        { oauth2: ['work:submit'] },
        { dpop: ['work:submit'] },
        { bearer: ['work:submit'] },
        { apiKey: ['work:submit'] },
      ],
    });
    expect(make?.requestBody).toMatchObject({
      content: { 'application/json': { schema: { required: ['name', 'count'], additionalProperties: false } } },
    });
    expect(Object.keys(make?.responses ?? {})).toEqual(
      expect.arrayContaining(['201', '400', '401', '403', '429', 'default']),
    );
    expect(document.paths['/health/live']?.['get']?.security).toEqual([]);
  });

  it('serves a page without inline scripts', async () => {
    const page = await fetch(`${url}/docs`);
    const html = await page.text();
    expect(html).toContain('swagger-ui-bundle.js');
    expect(html).not.toMatch(/<script>/);
    expect((await fetch(`${url}/docs/assets/swagger-ui-bundle.js`)).status).toBe(200);
    expect((await fetch(`${url}/docs/assets/package.json`)).status).toBe(404);
    expect((await fetch(`${url}/docs/assets/..%2fpackage.json`)).status).toBe(404);
  });
});

describe('shutdown', () => {
  it('lets a request that is under way finish', async () => {
    const other = await startProbe();
    const base = await listen(other);
    const answer = fetch(`${base}/v1/things/slow`);
    await slow.started.promise;
    const closed = other.close();
    await expect
      .poll(() =>
        fetch(`${base}/health/live`).then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('closed');
    slow.goOn.resolve();
    expect(await (await answer).json()).toEqual({ done: true });
    await closed;
  });

  it('ends streams and stops accepting', async () => {
    const other = await startProbe();
    const base = await listen(other);
    const response = await fetch(`${base}/v1/things/stream`, { headers: { authorization } });
    const read = response.text();
    await other.close();
    expect(await read).toContain('data: {"n":1}');
    await expect(fetch(`${base}/health/live`)).rejects.toThrow();
  });
});
