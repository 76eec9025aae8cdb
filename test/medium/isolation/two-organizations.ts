import { PERMISSIONS, SCOPES } from '@coorchat/contracts';
import { newId, type TenantContext, tenantContext } from '@coorchat/kernel';
import { expect, vi } from 'vitest';
import { CredentialAuthenticator } from '../../../src/identity/index.js';
import type { AppConfigFields } from '../../../src/platform/config/index.js';
import type { PresentedCredential } from '../../../src/platform/http/index.js';
import { InvitationStore } from '../../../src/tenancy/invitations.store.js';
import { Members, Organizations } from '../../../src/tenancy/index.js';
import { TestControlPlane } from '../../support/control-plane.js';
import { enrolment } from '../../support/worker-identity.js';
import { ask, type Reply } from './replies.js';
import { type Rows, rowsOf } from './rows.js';
import { StatementCount } from './statement-count.js';

/** `powerless`: somebody of B without any right. */
type Caller = 'a' | 'b' | 'powerless';

const SETTLED_MS = 1_500;
const ORG_HEADER = 'x-org';
const EVERYTHING: ReadonlySet<string> = new Set([...Object.keys(PERMISSIONS), ...SCOPES, 'skill:*']);

/** A whole control plane with organization A, which has one of each thing, and B, which may do everything in B. */
export class TwoOrganizations {
  readonly #statements = new StatementCount();
  #calls = 0;

  private constructor(
    readonly plane: TestControlPlane,
    readonly a: TenantContext,
    readonly b: TenantContext,
  ) {}

  static async start(fields: Partial<AppConfigFields> = {}): Promise<TwoOrganizations> {
    const plane = await TestControlPlane.start(fields);
    const { uow } = plane.database;
    const { id } = await plane.call<{ id: string }>('GET', '/v1/organization');
    const other = await uow.system('identity.bootstrap', (tx) =>
      new Organizations().found(tx, { name: 'B', slug: 'b', defaultMaxCostMicros: 1, defaultMaxDurationMs: 1000 }),
    );
    const world = new TwoOrganizations(plane, await ownerOf(plane, id), await ownerOf(plane, other.orgId));
    world.#actAsWhoIsNamed();
    world.#statements.start();
    await world.#furnish();
    return world;
  }

  async close(): Promise<void> {
    this.#statements.stop();
    await this.plane.close();
  }

  /** As somebody who may do everything in their own organization: rights do not protect A here, only the walls do. */
  async send(as: Caller, method: string, path: string, body?: unknown, more: object = {}): Promise<Reply> {
    const headers = { [ORG_HEADER]: as, authorization: 'Bearer spied', ...more };
    if (body === undefined) return this.sendRaw(method, path, undefined, headers);
    return this.sendRaw(method, path, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
  }

  /** With a credential of its own. */
  sendRaw(method: string, path: string, body?: string, headers: object = {}): Promise<Reply> {
    return ask(this.#statements, this.plane.url + path, { method, body: body ?? null, headers: { ...headers } });
  }

  /** A control plane as programs of one organization see it. */
  as(who: 'a' | 'b'): Pick<TestControlPlane, 'call' | 'port'> {
    const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
      const { status, body: text } = await this.send(who, method, path, body);
      if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
      return (text === '' ? {} : JSON.parse(text)) as T;
    };
    return { call, port: this.plane.port };
  }

  /** Runs code of the control plane, and counts its statements. */
  async counted(body: () => Promise<unknown>): Promise<number> {
    return this.#statements.within(`probe-${++this.#calls}`, body);
  }

  /** Every row of A in every table that has organizations, by table. */
  rowsOfA(): Promise<Rows> {
    return this.rowsOf(this.a);
  }

  rowsOf(ctx: TenantContext): Promise<Rows> {
    return rowsOf(this.plane.database.uow, ctx);
  }

  /** Once what was submitted has been planned, published and written down. */
  async settledRowsOfA(): Promise<Rows> {
    return vi.waitFor(
      async () => {
        const before = await this.rowsOfA();
        await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
        const after = await this.rowsOfA();
        expect(after).toEqual(before);
        return after;
      },
      { timeout: 20_000 },
    );
  }

  /** One id of A for each kind of thing, by its prefix. */
  async idsOfA(): Promise<ReadonlyMap<string, string>> {
    const ids = new Map<string, string>();
    for (const row of Object.values(await this.rowsOfA()).flat()) {
      const id = row['id'];
      const prefix = typeof id === 'string' ? /^([a-z]{3,4})_/.exec(id)?.[1] : undefined;
      if (typeof id === 'string' && prefix !== undefined) ids.set(prefix, id);
    }
    return ids;
  }

  #actAsWhoIsNamed(): void {
    const powerless = tenantContext({ ...this.b, scopes: new Set() });
    const contexts = new Map([
      ['a', this.a],
      ['powerless', powerless],
    ]);
    const authenticate = async ({ headers }: PresentedCredential): Promise<TenantContext> =>
      contexts.get(String(headers[ORG_HEADER])) ?? this.b;
    vi.spyOn(CredentialAuthenticator.prototype, 'authenticate').mockImplementation(authenticate);
  }

  async #furnish(): Promise<void> {
    await this.#made('POST', '/v1/api-keys', { name: 'of A', scopes: ['work:read'] });
    await this.#made('POST', '/v1/oauth-clients', { name: 'of A', scopes: ['work:read'] });
    await this.#made('POST', '/v1/sso/domains', { domain: 'a.example' });
    await this.#made('POST', '/v1/scim/tokens', { name: 'of A' });
    await this.#made('PUT', '/v1/repositories', { url: 'https://git.example/of-a' });
    const { token } = await this.#made<{ token: string }>('POST', '/v1/enrolment-tokens', {});
    await this.#made('POST', '/v1/workers/enrol', await enrolment(token, 'of A'));
    const task = { key: 'a', kind: 'agent', title: 'of A', description: 'of A', needs: {}, dependsOn: [] };
    await this.#made('POST', '/v1/work-requests', { description: 'of A', constraints: {}, plan: { tasks: [task] } });
    await this.#leave();
  }

  /** What only mail and workers make. */
  async #leave(): Promise<void> {
    await this.plane.database.uow.tenant(this.a, async (tx) => {
      const invitation = { id: newId('invitation'), email: 'of-a@example.com', role: 'viewer', hash: 'of A' } as const;
      const expiresAt = new Date(Date.now() + 3_600_000);
      await new InvitationStore().insert(tx, { ...invitation, invitedBy: this.a.actor.id, expiresAt });
      await tx.sql`
        INSERT INTO scim_group (org_id, id, display_name, members) VALUES (${this.a.orgId}, ${newId('scimGroup')}, 'of A', '{}')`;
      await tx.sql`
        INSERT INTO artifact (org_id, id, work_request_id, task_id, name, kind, media_type, digest, bytes)
        SELECT org_id, ${newId('artifact')}, work_request_id, id, 'of A', 'file', 'text/plain', 'sha256:0', 1 FROM task
        LIMIT 1`;
    });
  }

  #made<T = unknown>(method: string, path: string, body: object): Promise<T> {
    return this.as('a').call<T>(method, path, body);
  }
}

/** A person who owns the organization and signed in just now. */
async function ownerOf({ database }: TestControlPlane, orgId: string): Promise<TenantContext> {
  const userId = newId('user');
  await database.uow.tenant({ orgId }, (tx) =>
    new Members().add(tx, { orgId, userId, role: 'owner', invitedBy: null }),
  );
  return tenantContext({
    orgId,
    actor: { kind: 'user', id: userId },
    scopes: EVERYTHING,
    requestId: newId('request'),
    member: { userId, role: 'owner' },
    authentication: { method: 'access_token', signedInAt: new Date(), amr: ['pwd', 'otp'] },
  });
}
