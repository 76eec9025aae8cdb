import type { Role } from '@coorchat/contracts';
import { newId } from '@coorchat/kernel';
import { Module, type Type } from '@nestjs/common';
import { Accounts, type Session, Sessions } from '../../../src/identity/index.js';
import type { AppConfig } from '../../../src/platform/config/index.js';
import { createHttpApp, type HttpApp, PublicUrl } from '../../../src/platform/http/index.js';
import { ControlPlaneModule } from '../../../src/processes/control-plane.module.js';
import type { ServingProcess } from '../../../src/processes/process-modules.js';
import { Founding, Members } from '../../../src/tenancy/index.js';
import type { TestDatabase } from '../../support/database.js';
import { personContext } from '../tenancy/tenancy-world.js';

export interface OidcApp extends AsyncDisposable {
  readonly app: HttpApp;
  /** Also the issuer. */
  readonly url: string;
  get<T>(type: abstract new (...parameters: never[]) => T): T;
}

interface OidcAppOptions {
  readonly config?: AppConfig;
  readonly modules?: readonly Type[];
  readonly processes?: readonly ServingProcess[];
}

/** What the process `api` serves, the authorization server among it. Several on one database are replicas. */
export async function startOidc(
  database: TestDatabase,
  { config = database.config, modules = [], processes = ['api'] }: OidcAppOptions = {},
): Promise<OidcApp> {
  @Module({ imports: [ControlPlaneModule.of(config, processes), ...modules] })
  class OidcTestModule {}

  const app = await createHttpApp(OidcTestModule, config);
  await app.listen();
  const get = <T>(type: abstract new (...parameters: never[]) => T): T => app.nest.get<T>(type, { strict: false });
  return { app, url: get(PublicUrl).value, get, [Symbol.asyncDispose]: () => app.close() };
}

export interface SignedInPerson {
  readonly userId: string;
  readonly email: string;
  readonly orgId: string;
  readonly session: Session;
  /** Of the browser in which the person is signed in. */
  readonly cookie: string;
}

/** A person with an account, signed in, owner of an organization of their own. */
export async function signedInPerson(oidc: OidcApp, database: TestDatabase): Promise<SignedInPerson> {
  const email = `${newId('user')}@people.example`;
  const visitor = { requestId: newId('request'), origin: { address: '127.0.0.1' } };
  const account = await database.uow.system('identity.account', (tx) =>
    oidc.get(Accounts).ensure(tx, { email, name: 'Ada' }),
  );
  const by = { actor: { kind: 'user', id: account.id }, requestId: visitor.requestId } as const;
  const { orgId } = await oidc.get(Founding).found({ userId: account.id, name: 'Acme', by });
  const opened = await database.uow.system('identity.account', (tx) =>
    oidc.get(Sessions).open(tx, { userId: account.id, amr: ['pwd'], visitor }),
  );
  return { userId: account.id, email, orgId, session: opened.session, cookie: `coorchat-session=${opened.token}` };
}

export async function joinAs(
  oidc: OidcApp,
  database: TestDatabase,
  { orgId, userId, role }: { orgId: string; userId: string; role: Role },
): Promise<void> {
  await database.uow.tenant({ orgId }, (tx) => oidc.get(Members).add(tx, { orgId, userId, role, invitedBy: null }));
}

/** An owner's context, with every skill. */
export function ownerOf({ orgId, userId }: Pick<SignedInPerson, 'orgId' | 'userId'>) {
  return personContext(orgId, userId, 'owner');
}
