import { Global, Module } from '@nestjs/common';
import {
  CredentialAuthenticator,
  IdentityApiModule,
  IdentityModule,
  MemberKeys,
  OidcServerModule,
} from '../../../src/identity/index.js';
import { BootstrapKey } from '../../../src/identity/index.js';
import { type AppConfig, ConfigModule } from '../../../src/platform/config/index.js';
import { DatabaseModule } from '../../../src/platform/db/index.js';
import { HealthModule } from '../../../src/platform/health/index.js';
import { Authenticator, createHttpApp, type HttpApp, HttpModule, PublicUrl } from '../../../src/platform/http/index.js';
import { LimitsModule } from '../../../src/platform/limits/index.js';
import { MailModule } from '../../../src/platform/mail/index.js';
import { OutboxModule } from '../../../src/platform/outbox/index.js';
import { QueueModule } from '../../../src/platform/queue/index.js';
import { RevocationModule } from '../../../src/platform/revocation/index.js';
import { TelemetryModule } from '../../../src/platform/telemetry/index.js';
import { RegistryApiModule, WorkerSelfModule } from '../../../src/registry/index.js';
import { ClusterOccupancy, MemberCredentials, TenancyApiModule, UserDirectory } from '../../../src/tenancy/index.js';
import type { TestDatabase } from '../../support/database.js';

@Global()
@Module({
  imports: [IdentityModule],
  providers: [
    { provide: Authenticator, useExisting: CredentialAuthenticator },
    { provide: MemberCredentials, useExisting: MemberKeys },
    { provide: UserDirectory, useValue: { people: async () => new Map() } },
    { provide: ClusterOccupancy, useValue: { of: async () => ({ workers: 0, openWork: 0 }) } },
  ],
  exports: [Authenticator, MemberCredentials, UserDirectory, ClusterOccupancy],
})
class TestBindings {}

export interface RoomsApp {
  readonly app: HttpApp;
  readonly url: string;
  readonly adminKey: string;
  readonly orgId: string;
  readonly clusterId: string;
}

/** Tenancy, identity and registry over HTTP, on a database of their own, with the first organization. */
export async function startRooms(database: TestDatabase, config: AppConfig = database.config): Promise<RoomsApp> {
  @Module({
    imports: [
      ConfigModule.with(config),
      TelemetryModule,
      DatabaseModule,
      QueueModule,
      OutboxModule,
      MailModule,
      LimitsModule,
      RevocationModule,
      HttpModule,
      HealthModule,
      TestBindings,
      TenancyApiModule,
      IdentityApiModule,
      OidcServerModule,
      RegistryApiModule,
      WorkerSelfModule,
    ],
  })
  class RoomsModule {}

  const app = await createHttpApp(RoomsModule, config);
  const { key, orgId, clusterId } = await app.nest.get(BootstrapKey).ensure({ replaceLostKey: true });
  if (key === undefined) throw new Error('no key');
  await app.listen();
  return { app, url: app.nest.get(PublicUrl).value, adminKey: key, orgId, clusterId };
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

export type Call = <T = Record<string, unknown>>(method: string, path: string, body?: unknown) => Promise<Answer<T>>;

/** Calls with a bearer; the body is sent as JSON when there is one. */
export function caller(url: string, bearer?: string): Call {
  return async <T>(method: string, path: string, body?: unknown) => {
    const headers = {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const response = await fetch(url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
  };
}
