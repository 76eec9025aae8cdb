import {
  Client,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestBrowser } from '../medium/oidc/browser.js';
import { type OidcApp, type SignedInPerson, signedInPerson, startOidc } from '../medium/oidc/oidc-app.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { ProtectedMcpModule } from './oauth-mcp-server.js';

let database: TestDatabase;
let oidc: OidcApp;
let person: SignedInPerson;

beforeAll(async () => {
  database = await testDatabase();
  oidc = await startOidc(database, { modules: [ProtectedMcpModule] });
  person = await signedInPerson(oidc, database);
});

afterAll(async () => {
  await oidc.app.close();
  await database.close();
});

/** What an editor keeps. It was told the address of the MCP server, and nothing else. */
class Editor implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1:49153/callback';
  readonly clientMetadata = { client_name: 'Editor', redirect_uris: [this.redirectUrl] };
  private client: StoredOAuthClientInformation | undefined;
  private stored: StoredOAuthTokens | undefined;
  private verifier = '';
  private found: OAuthDiscoveryState | undefined;
  sentTo: URL | undefined;

  clientInformation = () => this.client;
  saveClientInformation = (client: StoredOAuthClientInformation) => void (this.client = client);
  tokens = () => this.stored;
  saveTokens = (tokens: StoredOAuthTokens) => void (this.stored = tokens);
  saveCodeVerifier = (verifier: string) => void (this.verifier = verifier);
  codeVerifier = () => this.verifier;
  saveDiscoveryState = (found: OAuthDiscoveryState) => void (this.found = found);
  discoveryState = () => this.found;
  redirectToAuthorization = (url: URL) => void (this.sentTo = url);
}

function connect(editor: Editor) {
  const transport = new StreamableHTTPClientTransport(new URL(`${oidc.url}/mcp`), { authProvider: editor });
  const client = new Client({ name: 'editor', version: '1.0.0' });
  return { transport, client, connecting: client.connect(transport) };
}

describe('the official MCP client', () => {
  it('finds its way from a protected server to a token for it, and back', async () => {
    const editor = new Editor();
    const refused = connect(editor);
    await expect(refused.connecting).rejects.toBeInstanceOf(UnauthorizedError);
    expect(editor.sentTo?.origin).toBe(oidc.url);
    expect(editor.sentTo?.searchParams.get('resource')).toBe(`${oidc.url}/mcp`);
    const callback = await new TestBrowser(oidc, person).allow(editor.sentTo ?? '');
    await refused.transport.finishAuth(callback.searchParams);
    const { client, connecting } = connect(editor);
    await connecting;
    const { content } = await client.callTool({ name: 'who', arguments: {} });
    expect(content).toEqual([
      { type: 'text', text: JSON.stringify({ sub: person.userId, organization: person.orgId }) },
    ]);
    await client.close();
  });

  it('gets a new token by itself when the old one is no good any more', async () => {
    const editor = new Editor();
    const refused = connect(editor);
    await expect(refused.connecting).rejects.toBeInstanceOf(UnauthorizedError);
    await refused.transport.finishAuth((await new TestBrowser(oidc, person).allow(editor.sentTo ?? '')).searchParams);
    const before = editor.tokens();
    editor.saveTokens({ ...before, access_token: 'worn-out', token_type: 'Bearer' } as StoredOAuthTokens);
    const { client, connecting } = connect(editor);
    await connecting;
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['who']);
    const after = editor.tokens();
    expect(after?.refresh_token).not.toBe(before?.refresh_token);
    expect(decodeJwt(after?.access_token ?? '')).toMatchObject({ aud: `${oidc.url}/mcp`, sub: person.userId });
    await client.close();
  });
});
