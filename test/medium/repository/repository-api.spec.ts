import { tenantContext, type TenantContext } from '@coorchat/kernel';
import { Global, Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlobModule } from '../../../src/platform/blob/index.js';
import { ConfigModule } from '../../../src/platform/config/index.js';
import { DatabaseModule } from '../../../src/platform/db/index.js';
import {
  Authenticator,
  createHttpApp,
  type HttpApp,
  HttpModule,
  type PresentedCredential,
  PublicUrl,
} from '../../../src/platform/http/index.js';
import { HealthModule } from '../../../src/platform/health/index.js';
import { OutboxModule } from '../../../src/platform/outbox/index.js';
import { TelemetryModule } from '../../../src/platform/telemetry/index.js';
import { Delivery, Quarantine, RepositoryApiModule } from '../../../src/repository/index.js';
import { type TestDatabase, testDatabase } from '../../support/database.js';

/** The bearer says who calls and what they may do: `org_a cluster:admin work:read`. */
class PlainAuthenticator extends Authenticator {
  async authenticate({ headers, requestId }: PresentedCredential): Promise<TenantContext | undefined> {
    const [orgId, ...scopes] = (headers.authorization ?? '').replace('Bearer ', '').split(' ');
    if (!orgId) return undefined;
    const actor = { kind: 'api_key' as const, id: 'key_test' };
    return tenantContext({ orgId, actor, scopes: new Set(scopes), requestId });
  }
}

@Global()
@Module({ providers: [{ provide: Authenticator, useClass: PlainAuthenticator }], exports: [Authenticator] })
class TestBindings {}

const ADMIN = 'org_a cluster:admin work:read';
const URL = 'https://example.com/acme/shop';

let database: TestDatabase;
let app: HttpApp;
let url: string;

async function call(as: string, method: string, path: string, body?: unknown) {
  const headers = {
    authorization: `Bearer ${as}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const response = await fetch(url + path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

beforeAll(async () => {
  database = await testDatabase();

  @Module({
    imports: [
      ConfigModule.with(database.config),
      TelemetryModule,
      DatabaseModule,
      OutboxModule,
      BlobModule,
      HttpModule,
      HealthModule,
      TestBindings,
      RepositoryApiModule,
    ],
  })
  class RepositoryTestModule {}

  app = await createHttpApp(RepositoryTestModule, database.config);
  await app.listen();
  url = app.nest.get(PublicUrl, { strict: false }).value;
});

afterAll(async () => {
  await app.close();
  await database.close();
});

describe('/v1/repositories', () => {
  it('is put, listed and read by its organization alone', async () => {
    const checks = { tests: { command: ['npm', 'test'] } };
    const put = await call(ADMIN, 'PUT', '/v1/repositories', { url: 'git@example.com:acme/shop.git', checks });
    expect(put).toMatchObject({
      status: 200,
      body: { url: 'git@example.com:acme/shop.git', identity: 'example.com/acme/shop', checks, delivery: 'bundle' },
    });
    const path = `/v1/repositories/${String(put.body['id'])}`;
    expect(await call('org_a work:read', 'GET', path)).toEqual(put);
    expect((await call('org_a work:read', 'GET', '/v1/repositories')).body).toEqual({
      items: [put.body],
      nextCursor: null,
    });
    expect(await call('org_b work:read', 'GET', path)).toMatchObject({
      status: 404,
      body: { code: 'repository.not_found' },
    });
    expect((await call('org_b work:read', 'GET', '/v1/repositories')).body).toEqual({ items: [], nextCursor: null });
  });

  it.each<[string, string, string, unknown, number]>([
    ['a put without the scope', 'org_c work:read', 'PUT', { url: URL }, 403],
    ['an unknown field', 'org_c cluster:admin', 'PUT', { url: URL, evil: true }, 400],
    ['credentials in the URL', 'org_c cluster:admin', 'PUT', { url: 'https://u:p@example.com/x' }, 400],
    ['no URL', 'org_c cluster:admin', 'PUT', { url: 'shop' }, 400],
    ['a branch that is an option', 'org_c cluster:admin', 'PUT', { url: URL, defaultBranch: '--all' }, 400],
    ['a check without a command', 'org_c cluster:admin', 'PUT', { url: URL, checks: { tests: { command: [] } } }, 400],
    [
      'a push to a folder',
      'org_c cluster:admin',
      'PUT',
      { url: URL, delivery: { mode: 'push', url: 'file:///x/y' } },
      409,
    ],
  ])('refuses %s and changes nothing', async (_what, as, method, body, status) => {
    const answer = await call(as, method, '/v1/repositories', body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    expect((await call('org_c work:read', 'GET', '/v1/repositories')).body['items']).toEqual([]);
  });

  it('refuses an id of another kind', async () => {
    expect((await call(ADMIN, 'GET', '/v1/repositories/wrk_x')).status).toBe(400);
  });
});

describe('the room', () => {
  it('is put together by its module', () => {
    expect(app.nest.get(Quarantine, { strict: false })).toBeInstanceOf(Quarantine);
    expect(app.nest.get(Delivery, { strict: false })).toBeInstanceOf(Delivery);
  });
});
