import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { AgentCard, verifyAgentCardSignature } from '@a2a-js/sdk';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SystemTx, TenantTx } from '../../../src/platform/db/index.js';
import { TestControlPlane } from '../../support/control-plane.js';
import { ScriptedWorker } from '../../support/scripted-worker.js';

type Document = Record<string, unknown>;

let plane: TestControlPlane;
let worker: ScriptedWorker;

beforeAll(async () => {
  plane = await TestControlPlane.start();
  worker = await ScriptedWorker.enrol(plane, { script: async function* () {} });
  const { orgId } = await plane.database.uow.system('identity.bootstrap', firstOrganization);
  // The script's machine offers none, and says so when it connects.
  const offer = () => plane.database.uow.tenant({ orgId }, offerSkill);
  await vi.waitFor(async () => expect(await offer()).toHaveLength(1), { timeout: 10_000 });
});
afterAll(async () => {
  await worker.stop();
  await plane.close();
});

async function firstOrganization(tx: SystemTx): Promise<{ orgId: string }> {
  const [row] = await tx.sql<{ orgId: string }>`SELECT id AS "orgId" FROM organization`;
  return row ?? { orgId: '' };
}

function offerSkill(tx: TenantTx): Promise<object[]> {
  return tx.sql`UPDATE worker SET skills = ARRAY['node-dev'] WHERE connected_at IS NOT NULL RETURNING id`;
}

const document = async () => (await (await fetch(`${plane.url}/.well-known/agent-card.json`)).json()) as Document;

/** As a stranger verifies: with the keys at the address that the signature names, on our own host alone. */
const verify = verifyAgentCardSignature(async (kid, jku = '') => {
  expect(new URL(jku).origin).toBe(new URL(plane.url).origin);
  const { keys } = (await (await fetch(jku)).json()) as { keys: (JsonWebKey & { kid: string })[] };
  const key = keys.find((each) => each.kid === kid);
  if (key === undefined) throw new Error('unknown key');
  return createPublicKey({ key, format: 'jwk' });
});

async function keyWith(scopes: readonly string[]): Promise<string> {
  return (await plane.call<{ key: string }>('POST', '/v1/api-keys', { name: 'reader', scopes })).key;
}

async function extended(key: string, headers: Record<string, string> = { authorization: `Bearer ${key}` }) {
  const response = await fetch(`${plane.url}/a2a`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'GetExtendedAgentCard', params: {} }),
  });
  const { result } = (await response.json()) as { result?: unknown };
  return { status: response.status, json: result, card: AgentCard.fromJSON(result ?? {}) };
}

describe('the public card', () => {
  it('is signed, and the SDK verifies it with the published keys', async () => {
    await expect(verify((await document()) as unknown as AgentCard)).resolves.toBeUndefined();
  });

  it.each(['name', 'skills', 'securitySchemes', 'supportedInterfaces'] as const)(
    'is not believed when its %s was changed',
    async (field) => {
      const card = await document();
      const changed: Document = { name: 'x', skills: [], securitySchemes: {}, supportedInterfaces: [] };
      await expect(verify({ ...card, [field]: changed[field] } as unknown as AgentCard)).rejects.toThrow();
    },
  );

  it('names every way in, for both generations', async () => {
    const json = await document();
    const { securitySchemes } = AgentCard.fromJSON(json);
    expect(Object.values(securitySchemes).map(({ scheme }) => scheme?.$case)).toEqual([
      'httpAuthSecurityScheme',
      'apiKeySecurityScheme',
      'openIdConnectSecurityScheme',
      ...Array.from({ length: 3 }, () => 'oauth2SecurityScheme'),
    ]);
    expect(json['securitySchemes']).toMatchObject({
      apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      oauth2: { type: 'oauth2', flows: { authorizationCode: { tokenUrl: `${plane.url}/oidc/token` } } },
      oauth2Program: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: `${plane.url}/oidc/token` } } },
      oauth2Device: { type: 'openIdConnect' },
      openIdConnect: { type: 'openIdConnect' },
    });
  });

  it('names addresses that are there', async () => {
    const { securitySchemes } = AgentCard.fromJSON(await document());
    const { scheme } = securitySchemes['oauth2'] ?? {};
    const metadataUrl = scheme?.$case === 'oauth2SecurityScheme' ? scheme.value.oauth2MetadataUrl : '';
    const flow = scheme?.$case === 'oauth2SecurityScheme' ? scheme.value.flows?.flow : undefined;
    const metadata = (await (await fetch(metadataUrl)).json()) as Document;
    expect(flow?.value).toMatchObject({
      authorizationUrl: metadata['authorization_endpoint'],
      tokenUrl: metadata['token_endpoint'],
    });
  });

  it('says nothing of machines or organizations', async () => {
    const text = JSON.stringify(await document());
    expect(text).not.toContain('org_');
    expect(AgentCard.fromJSON(await document()).skills.map(({ id }) => id)).toEqual(['deliver-software-work']);
  });
});

describe('the extended card', () => {
  it('needs a credential', async () => expect((await extended('', {})).status).toBe(401));

  it('shows what the caller may use, is signed, and names what each skill needs', async () => {
    const { card, json } = await extended(await keyWith(['work:submit', 'skill:*']));
    await expect(verify(json as AgentCard)).resolves.toBeUndefined();
    const [, machine] = card.skills;
    expect(card.skills.length).toBeGreaterThan(1);
    const oauth = machine?.securityRequirements.find(({ schemes }) => 'oauth2' in schemes);
    expect(oauth?.schemes['oauth2']?.list).toEqual(['work:submit', `skill:${machine?.id}`]);
  });

  it('leaves out skills that the caller cannot reach', async () => {
    const { card } = await extended(await keyWith(['work:submit', 'skill:something-else']));
    expect(card.skills.map(({ id }) => id)).toEqual(['deliver-software-work']);
    expect((await extended(await keyWith(['work:read', 'skill:*']))).card.skills).toEqual([]);
  });

  it('is given for a key in the header of the apiKey scheme', async () => {
    const { status, card } = await extended('', { 'x-api-key': await keyWith(['work:submit', 'skill:*']) });
    expect(status).toBe(200);
    expect(card.name).toBe('CoorChat');
  });
});
