import { TUNNEL_PATH } from '@coorchat/tunnel';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RawRoutes } from '../../../src/platform/http/index.js';
import { TestControlPlane } from '../../support/control-plane.js';
import { Books } from './books.js';
import { operationsOf } from './operations.js';

/** Routes that are no REST, and the walk that goes through all of their kind. */
const WALKED_BY: Readonly<Record<string, RegExp>> = {
  'a2a-isolation.spec.ts': /^POST \/a2a$/,
  'attempt-isolation.spec.ts': /^\w+ \/attempt-api\//,
  'directory-isolation.spec.ts': /^\w+ \/scim\/v2\//,
  'oauth-isolation.spec.ts': /^\w+ \/(oidc|auth)\b/,
};

/** Documents that say the same to everybody. */
const SAME_FOR_ALL =
  /^GET \/(openapi\.json|docs|docs\/start\.js|docs\/assets\/:file|\.well-known\/[a-z-]+(\.json|\/\*)?)$/;

/** Ways in that nobody walks as another organization. */
function unwalked(ways: readonly string[], rest: ReadonlySet<string>): string[] {
  const kinds = [SAME_FOR_ALL, ...Object.values(WALKED_BY)];
  return ways.filter((way) => !rest.has(way) && !kinds.some((kind) => kind.test(way)));
}

let plane: TestControlPlane;
let books: Books;
let upgrades: string[];

beforeAll(async () => {
  const upgrade = vi.spyOn(RawRoutes.prototype, 'upgrade');
  [plane, books] = await Books.of(() => TestControlPlane.start());
  upgrades = upgrade.mock.calls.map(([{ path }]) => path);
});
afterAll(() => plane.close());

describe('every way into the control plane', () => {
  it('is walked as another organization, or says the same to everybody', async () => {
    const operations = operationsOf(await (await fetch(`${plane.url}/openapi.json`)).json());
    const rest = new Set(operations.map(({ name }) => name.replace(/\{(\w+)\}/g, ':$1')));
    const ways = books.routes
      .filter(({ method, url }) => method !== 'OPTIONS' && (method !== 'HEAD' || url.startsWith('/attempt-api')))
      .map(({ method, url }) => `${method} ${url}`);
    expect(unwalked(ways, rest)).toEqual([]);
    expect(ways.filter((way) => rest.has(way)).length).toBe(rest.size);
  });

  it('is missed when it is new', () => {
    const planted = ['GET /v1/planted/:id', 'POST /a2a/planted', 'GET /docs/:planted', 'PUT /planted'];
    expect(unwalked(planted, new Set())).toEqual(planted);
  });

  it('that becomes a socket is the tunnel', () => {
    expect(upgrades).toEqual([TUNNEL_PATH]);
  });
});
