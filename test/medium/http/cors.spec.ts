import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpApp } from '../../../src/platform/http/index.js';
import { KEY, listen, startProbe } from './probe-app.js';

const ORIGIN = 'https://app.example';
const authorization = `Bearer ${KEY}`;

let app: HttpApp;
let url: string;

beforeAll(async () => {
  app = await startProbe([], [], { corsOrigins: [ORIGIN] });
  url = await listen(app);
});
afterAll(async () => app.close());

const preflight = (path: string, origin = ORIGIN, method = 'POST') =>
  fetch(url + path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type,dpop',
    },
  });

const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');

describe('a page of a listed origin', () => {
  it('is answered before it shows a credential', async () => {
    const response = await preflight('/v1/things');
    expect(response.status).toBe(204);
    expect(allowed(response)).toBe(ORIGIN);
    expect(response.headers.get('access-control-allow-methods')).toContain('DELETE');
    expect(response.headers.get('access-control-allow-headers')).toBe('authorization,content-type,dpop');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(response.headers.get('vary')).toMatch(/origin/i);
  });

  it('reads answers', async () => {
    const response = await fetch(`${url}/v1/things`, { headers: { origin: ORIGIN, authorization } });
    expect(response.status).toBe(200);
    expect(allowed(response)).toBe(ORIGIN);
  });

  it('reads why it was refused, and which limits hold', async () => {
    const response = await fetch(`${url}/v1/things`, { headers: { origin: ORIGIN } });
    expect(response.status).toBe(401);
    expect(allowed(response)).toBe(ORIGIN);
    const exposed = response.headers.get('access-control-expose-headers') ?? '';
    expect(exposed.split(', ')).toEqual(expect.arrayContaining(['RateLimit', 'WWW-Authenticate', 'DPoP-Nonce']));
  });

  it('reads faults and streams', async () => {
    const missing = await fetch(`${url}/v1/nothing`, { headers: { origin: ORIGIN } });
    expect([missing.status, allowed(missing)]).toEqual([404, ORIGIN]);
    const stream = await fetch(`${url}/v1/things/stream`, { headers: { origin: ORIGIN, authorization } });
    expect(allowed(stream)).toBe(ORIGIN);
    await stream.body?.cancel();
  });

  it.each(['/openapi.json', '/a2a', '/.well-known/agent-card.json', '/mcp', '/v1/things?limit=1'])(
    'may call %s',
    async (path) => expect(allowed(await preflight(path))).toBe(ORIGIN),
  );

  it.each(['/docs', '/auth/sign-in', '/oidc/token', '/oidc/auth', '/scim/v2/Users', '/v1x', '/health/ready'])(
    'may not call %s',
    async (path) => expect(allowed(await preflight(path))).toBeNull(),
  );
});

describe('a page of any other origin', () => {
  it.each(['https://evil.example', 'http://app.example', 'https://app.example.evil.example', 'null', '*'])(
    'is told nothing: %s',
    async (origin) => {
      const response = await preflight('/v1/things', origin);
      expect(response.status).toBe(405);
      expect(allowed(response)).toBeNull();
      const answer = await fetch(`${url}/v1/things`, { headers: { origin, authorization } });
      expect(allowed(answer)).toBeNull();
    },
  );
});

it('tells nobody without a list', async () => {
  const closed = await startProbe();
  const response = await fetch(`${await listen(closed)}/v1/things`, { headers: { origin: ORIGIN, authorization } });
  expect(allowed(response)).toBeNull();
  await closed.close();
});
