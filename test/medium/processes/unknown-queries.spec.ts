import { newId, tenantContext } from '@coorchat/kernel';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { CredentialAuthenticator } from '../../../src/identity/index.js';
import { TestControlPlane } from '../../support/control-plane.js';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema?: { readonly pattern?: string };
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly 'x-coorchat-access'?: readonly string[];
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

let plane: TestControlPlane;

beforeAll(async () => {
  plane = await TestControlPlane.start();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await plane.close();
});

/** A value that the parameter's own check lets through: an id of its kind, where it is one. */
function sample({ schema }: Parameter): string {
  const [, prefix] = /^\^([a-z]+)_/.exec(schema?.pattern ?? '') ?? [];
  return prefix === undefined ? 'x' : `${prefix}_${'0'.repeat(26)}`;
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly scopes: readonly string[];
}

async function routes(): Promise<Route[]> {
  const document = (await (await fetch(`${plane.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(document.paths)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([path, item]) =>
      METHODS.filter((method) => item[method] !== undefined).map((method) => {
        const inPath = (item[method]?.parameters ?? []).filter((parameter) => parameter.in === 'path');
        const filled = inPath.reduce((text, each) => text.replace(`{${each.name}}`, sample(each)), path);
        const scopes = item[method]?.['x-coorchat-access'] ?? [];
        return { method: method.toUpperCase(), path: filled, scopes };
      }),
    );
}

it('every route refuses query parameters that it does not know', async () => {
  const all = await routes();
  // No credential may all that routes ask for: people, keys and workers have different rights.
  const scopes = new Set(all.flatMap((route) => route.scopes));
  const actor = { kind: 'api_key', id: newId('apiKey') } as const;
  const caller = tenantContext({ orgId: newId('organization'), actor, scopes, requestId: newId('request') });
  vi.spyOn(CredentialAuthenticator.prototype, 'authenticate').mockResolvedValue(caller);
  expect(all.length).toBeGreaterThan(25);
  const answers = await Promise.all(
    all.map(async ({ method, path }) => {
      const response = await fetch(`${plane.url}${path}?surprise=1`, { method });
      const { code } = (await response.json()) as { code?: string };
      return `${method} ${path}: ${response.status} ${code}`;
    }),
  );
  expect(answers.filter((answer) => !answer.endsWith('400 http.invalid_query'))).toEqual([]);
});
