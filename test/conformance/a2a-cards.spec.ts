import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { AgentCard, verifyAgentCardSignature } from '@a2a-js/sdk';
import {
  type Client,
  ClientFactory,
  ClientFactoryOptions,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
} from '@a2a-js/sdk/client';
import { LegacyJsonRpcTransport, parseLegacyAgentCard } from '@a2a-js/sdk/compat/v0_3/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestControlPlane } from '../support/control-plane.js';

type Document = Record<string, unknown>;

const CARD_PATH = '/.well-known/agent-card.json';

let plane: TestControlPlane;
let client: Client;
let withKey: typeof fetch;

beforeAll(async () => {
  plane = await TestControlPlane.start();
  const key = await plane.key();
  withKey = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${key}`);
    return fetch(input, { ...init, headers });
  };
  const transports = [new JsonRpcTransportFactory({ fetchImpl: withKey })];
  const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, { transports });
  client = await new ClientFactory(options).createFromUrl(plane.url);
});
afterAll(async () => plane.close());

/** As docs/guides/a2a.md says: with the keys of the agent that was meant to be called, never of another. */
const verify = verifyAgentCardSignature(async (kid, jku = '') => {
  if (new URL(jku).origin !== new URL(plane.url).origin) throw new Error('keys of another host');
  const { keys } = (await (await fetch(jku)).json()) as { keys: (JsonWebKey & { kid: string })[] };
  const key = keys.find((each) => each.kid === kid);
  if (key === undefined) throw new Error('unknown key');
  return createPublicKey({ key, format: 'jwk' });
});

const verifyCard = (card: AgentCard) => verify(AgentCard.toJSON(card) as AgentCard);

const publicCard = async () => (await (await fetch(plane.url + CARD_PATH)).json()) as Document;

async function legacyCard(): Promise<Document> {
  const body = { jsonrpc: '2.0', id: 1, method: 'agent/getAuthenticatedExtendedCard' };
  const headers = { 'content-type': 'application/json' };
  const response = await withKey(`${plane.url}/a2a`, { method: 'POST', headers, body: JSON.stringify(body) });
  return ((await response.json()) as { result: Document }).result;
}

describe('a client of A2A 1.0', () => {
  it('verifies the card that it resolves', async () => {
    const card = await new DefaultAgentCardResolver().resolve(plane.url);
    await expect(verify(card)).resolves.toBeUndefined();
  });

  it('verifies the extended card while it gets it', async () => {
    const card = await client.getAgentCard(undefined, verifyCard);
    expect(card.securitySchemes['oauth2']?.scheme?.$case).toBe('oauth2SecurityScheme');
  });

  it('does not believe an extended card whose ways in were changed', async () => {
    const forging: typeof verifyCard = ({ securitySchemes, ...card }) => {
      const { scheme } = securitySchemes['oauth2'] ?? {};
      const flow = scheme?.$case === 'oauth2SecurityScheme' ? scheme.value.flows?.flow : undefined;
      if (flow?.$case === 'authorizationCode') flow.value.tokenUrl = 'https://evil.example/token';
      return verifyCard({ ...card, securitySchemes });
    };
    await expect(client.getAgentCard(undefined, forging)).rejects.toThrow('No valid signatures');
  });

  /** When this passes, the SDK covers the ways in by itself, and docs/guides/a2a.md can do without the wrapper. */
  it('cannot verify the SDK’s own object, from which the SDK drops the ways in', async () => {
    await expect(client.getAgentCard(undefined, verify)).rejects.toThrow('No valid signatures');
  });
});

describe('a client of A2A 0.3', () => {
  it.each([
    ['public', publicCard],
    ['extended', legacyCard],
  ])('verifies the %s card as it came', async (_which, get) => {
    const card = await get();
    expect(card).toMatchObject({ protocolVersion: '0.3.0', url: `${plane.url}/a2a` });
    await expect(verify(card as unknown as AgentCard)).resolves.toBeUndefined();
    const forged = { ...card, supportedInterfaces: [] };
    await expect(verify(forged as unknown as AgentCard)).rejects.toThrow('No valid signatures');
  });

  it('finds every way in that 0.3 has words for', async () => {
    const { securitySchemes } = parseLegacyAgentCard(await publicCard());
    const ways = Object.entries(securitySchemes).map(([name, { scheme }]) =>
      scheme?.$case === 'oauth2SecurityScheme' ? [name, scheme.value.flows?.flow?.$case] : [name, scheme?.$case],
    );
    expect(Object.fromEntries(ways)).toEqual({
      bearer: 'httpAuthSecurityScheme',
      apiKey: 'apiKeySecurityScheme',
      openIdConnect: 'openIdConnectSecurityScheme',
      oauth2: 'authorizationCode',
      oauth2Program: 'clientCredentials',
      // No word for it: what is discovered names the endpoint.
      oauth2Device: 'openIdConnectSecurityScheme',
    });
    const { scheme } = securitySchemes['oauth2Device'] ?? {};
    const url = scheme?.$case === 'openIdConnectSecurityScheme' ? scheme.value.openIdConnectUrl : '';
    expect(await (await fetch(url)).json()).toHaveProperty('device_authorization_endpoint');
  });

  it('gets the extended card through the SDK', async () => {
    const transport = new LegacyJsonRpcTransport({ endpoint: `${plane.url}/a2a`, fetchImpl: withKey });
    const card = await transport.getExtendedAgentCard({ tenant: '' });
    expect(card.skills.map(({ id }) => id)).toContain('deliver-software-work');
    expect(Object.keys(card.securitySchemes)).toHaveLength(6);
  });
});

it('answers the same signature for the same card', async () => {
  expect((await publicCard())['signatures']).toEqual((await publicCard())['signatures']);
});
