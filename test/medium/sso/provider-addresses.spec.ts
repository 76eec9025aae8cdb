import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as oidc from 'openid-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seal } from '../../../src/identity/accounts/sealed.js';
import { CompanyProviders } from '../../../src/identity/sso/company-provider.service.js';
import { ssoSealKey } from '../../../src/identity/sso/sso-secret.rules.js';
import { type OutboundEntry, parseOutboundEntry } from '../../../src/platform/config/index.js';
import { PublicUrl } from '../../../src/platform/http/index.js';
import { testConfig } from '../../support/test-config.js';

let server: Server;
let port: number;
let seen: string[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const opened: CompanyProviders[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(`${request.headers.host}${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());
beforeEach(() => void (seen = []));
afterEach(async () => {
  await Promise.all(opened.splice(0).map((providers) => providers.onModuleDestroy()));
});

/** As a control plane at this address sees the provider of a company. */
function discover(issuer: string, publicUrl: string, ...allowed: string[]): Promise<oidc.Configuration> {
  const outboundAllow = allowed.map(parseOutboundEntry).filter((entry): entry is OutboundEntry => entry !== undefined);
  const config = testConfig({ publicUrl, outboundAllow });
  const providers = new CompanyProviders(config, new PublicUrl(config));
  opened.push(providers);
  const id = 'sso_1';
  const sealedSecret = seal(ssoSealKey(config.secretKey), 'secret', id);
  const connection = { id, issuer, clientId: 'coorchat', authMethod: 'client_secret_post', sealedSecret };
  return providers.configuration(connection as Parameters<CompanyProviders['configuration']>[0]);
}

const PUBLIC = 'https://coorchat.example';
const LOCAL = 'http://127.0.0.1:7070';

const deepest = async (call: Promise<unknown>): Promise<string> => {
  let error: unknown = await call.then(() => new Error('nothing was wrong')).catch((thrown: unknown) => thrown);
  while (error instanceof Error && error.cause instanceof Error) error = error.cause;
  return String(error);
};

function described(issuer: string, more: object = {}): void {
  answer = (_request, response) => {
    const endpoints = { token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ issuer, authorization_endpoint: `${issuer}/auth`, ...endpoints, ...more }));
  };
}

describe('the provider of a company', () => {
  it('is not called in a private network, by name or by address', async () => {
    described(`https://localhost:${port}`);
    for (const host of ['localhost', '127.0.0.1', '[::ffff:127.0.0.1]', '0x7f000001'])
      expect(await deepest(discover(`https://${host}:${port}`, PUBLIC))).toContain('leads into a private network');
    expect(await deepest(discover(`http://localhost:${port}`, PUBLIC))).toContain('HTTPS');
    expect(seen).toEqual([]);
  });

  it('is called there when the operator lists it', async () => {
    const issuer = `http://localhost:${port}`;
    described(issuer);
    const found = await discover(issuer, PUBLIC, `localhost:${port}`);
    expect(found.serverMetadata().issuer).toBe(issuer);
  });

  it('leads nowhere else by a redirect', async () => {
    answer = (request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${port}/moved${request.url}` }).end();
    await expect(discover(`http://127.0.0.1:${port}`, LOCAL)).rejects.toThrow();
    expect(seen).toHaveLength(1);
  });

  it('leads nowhere else by what it says of itself', async () => {
    const issuer = `http://127.0.0.1:${port}`;
    described(issuer, { token_endpoint: 'https://169.254.169.254/latest/meta-data' });
    const found = await discover(issuer, LOCAL);
    const asked = oidc.genericGrantRequest(found, 'client_credentials', {});
    expect(await deepest(asked)).toContain('leads into a private network');
  });
});
