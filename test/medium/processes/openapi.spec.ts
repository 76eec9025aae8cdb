import { KEY_SCOPES, type Permission, PERMISSIONS } from '@coorchat/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestControlPlane } from '../../support/control-plane.js';

interface Reference {
  readonly $ref?: string;
}

interface Operation {
  readonly description?: string;
  readonly security?: readonly Record<string, readonly string[]>[];
  readonly parameters?: readonly { name: string; in: string }[];
  readonly responses: Record<string, Reference>;
  readonly 'x-coorchat-access'?: readonly string[];
  readonly 'x-coorchat-for-persons'?: boolean;
}

interface Document {
  readonly servers: readonly { url: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: {
    readonly securitySchemes: Record<string, { flows?: Record<string, { scopes: object } & Record<string, unknown>> }>;
    readonly responses: Record<string, { headers: Record<string, Reference>; content: Record<string, object> }>;
    readonly headers: Record<string, object>;
  };
}

interface Called {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

let plane: TestControlPlane;
let document: Document;
let operations: Called[];

beforeAll(async () => {
  plane = await TestControlPlane.start();
  document = (await (await fetch(`${plane.url}/openapi.json`)).json()) as Document;
  operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => {
      const filled = path.replace(/\{\w+\}/g, 'x');
      return { name: `${method.toUpperCase()} ${path}`, method: method.toUpperCase(), path: filled, operation };
    }),
  );
});
afterAll(async () => plane.close());

const call = ({ method, path }: Called, headers: Record<string, string> = {}) =>
  fetch(plane.url + path, { method, headers });

const isGuarded = ({ operation }: Called) => (operation.security ?? []).length > 0;

describe('the document', () => {
  it('says of every operation what it asks for, or why it asks for nothing', () => {
    expect(operations.length).toBeGreaterThan(60);
    const silent = operations.filter(({ operation: { security, description = '', ...rest } }) =>
      security === undefined || security.length === 0
        ? !description.includes('Public: ')
        : !description.includes('Needs `') || (rest['x-coorchat-access'] ?? []).length === 0,
    );
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('is right about who is let in without a credential', async () => {
    const wrong: string[] = [];
    for (const each of operations) {
      const { status, body } = await call(each);
      await body?.cancel();
      if ((status === 401) !== isGuarded(each)) wrong.push(`${each.name}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each(KEY_SCOPES)('is right about what a key with %s may call', async (scope) => {
    const { key } = await plane.call<{ key: string }>('POST', '/v1/api-keys', { name: scope, scopes: [scope] });
    const wrong: string[] = [];
    // What would change something is left alone: of that, the key is tried on what it may not.
    for (const each of operations.filter(isGuarded)) {
      const isOpen = (each.operation.security ?? []).some(({ bearer }) => bearer?.includes(scope));
      const isTold = isOpen || each.operation['x-coorchat-for-persons'] === true;
      if (isTold && each.method !== 'GET') continue;
      const { status, body } = await call(each, { authorization: `Bearer ${key}` });
      await body?.cancel();
      if ((status === 403) === isOpen) wrong.push(`${each.name}: ${status}`);
    }
    expect(wrong).toEqual([]);
  });

  it('offers keys nowhere where only a person may act', () => {
    const persons = operations.filter(({ operation }) => {
      const asked = operation['x-coorchat-access'] ?? [];
      return asked.length > 0 && asked.every((each) => PERMISSIONS[each as Permission]?.by !== 'anyone');
    });
    const forPersons = persons.filter(({ operation }) =>
      Object.hasOwn(PERMISSIONS, operation['x-coorchat-access']?.[0] ?? ''),
    );
    expect(forPersons.length).toBeGreaterThan(5);
    for (const { operation } of forPersons) {
      const ways = new Set((operation.security ?? []).flatMap((each) => Object.keys(each)));
      expect([...ways].sort()).toEqual(['dpop', 'oauth2']);
    }
  });

  it('documents refusals with their problem and headers', () => {
    const { responses, headers } = document.components;
    const refOf = (called: Called, status: string) => called.operation.responses[status]?.$ref?.split('/').at(-1);
    for (const each of operations) {
      if (isGuarded(each)) expect([refOf(each, '401'), refOf(each, '403')]).toEqual(['Unauthenticated', 'Forbidden']);
      expect(refOf(each, '429')).toBe('TooManyRequests');
    }
    const shown = (name: string) => Object.keys(responses[name]?.headers ?? {});
    expect(shown('Unauthenticated')).toEqual(expect.arrayContaining(['WWW-Authenticate', 'DPoP-Nonce']));
    expect(shown('TooManyRequests')).toEqual(expect.arrayContaining(['Retry-After', 'RateLimit', 'RateLimit-Policy']));
    for (const { content, headers: own } of Object.values(responses)) {
      expect(content['application/problem+json']).toEqual({ schema: { $ref: '#/components/schemas/Problem' } });
      for (const { $ref = '' } of Object.values(own)) expect(headers).toHaveProperty([$ref.split('/').at(-1) ?? '']);
    }
  });

  it('names security schemes that are there, at the addresses of discovery', async () => {
    const { securitySchemes } = document.components;
    expect(Object.keys(securitySchemes).sort()).toEqual(['apiKey', 'bearer', 'dpop', 'oauth2']);
    const used = operations.flatMap(({ operation }) => operation.security ?? []).flatMap((each) => Object.keys(each));
    expect([...new Set(used)].sort()).toEqual(['apiKey', 'bearer', 'dpop', 'oauth2']);
    const metadata = (await (await fetch(`${plane.url}/.well-known/oauth-authorization-server`)).json()) as object;
    const { authorizationCode, clientCredentials } = securitySchemes['oauth2']?.flows ?? {};
    expect(metadata).toMatchObject({
      issuer: document.servers[0]?.url,
      authorization_endpoint: authorizationCode?.['authorizationUrl'],
      token_endpoint: clientCredentials?.['tokenUrl'],
    });
    const known = Object.keys(authorizationCode?.scopes ?? {});
    const asked = operations.flatMap(({ operation }) =>
      (operation.security ?? []).flatMap((each) => each['oauth2'] ?? []),
    );
    expect(asked.filter((scope) => !known.includes(scope))).toEqual([]);
  });
});
