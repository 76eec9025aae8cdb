import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPair, exportJWK } from 'jose';
import Provider, { type ClientMetadata } from 'oidc-provider';

/** What a company's provider says of a person. */
export type CompanyClaims = Readonly<Record<string, unknown>>;

export interface CompanyIdp extends AsyncDisposable {
  readonly issuer: string;
  /** Who is signed in at the company at the moment: subject and claims. */
  person: { readonly sub: string; readonly claims: CompanyClaims };
  register(client: ClientMetadata): void;
  /** Follows an authorization request as a browser does. @returns the address that leads back */
  signIn(authorizationUrl: string): Promise<URL>;
}

/** An identity provider of a company: the real thing, with people who are always signed in and say yes. */
export async function startCompanyIdp(): Promise<CompanyIdp> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients = new Map<string, ClientMetadata>();
  const state = { person: { sub: 'ada', claims: {} as CompanyClaims } };
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  let provider: Provider | undefined;

  const serve = async (): Promise<Provider> => {
    const made = new Provider(issuer, {
      clients: [...clients.values()],
      jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'company' }] },
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
      cookies: { keys: ['company'] },
      interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
      findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub, ...state.person.claims }) }),
      loadExistingGrant: async (ctx) => {
        const { client, session } = ctx.oidc;
        const grant = new made.Grant({ clientId: client?.clientId ?? '', accountId: session?.accountId ?? '' });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
    });
    return made;
  };

  server.on('request', (request, response) => {
    void (async () => {
      provider ??= await serve();
      if (!request.url?.startsWith('/interaction/')) return provider.callback()(request, response);
      return provider.interactionFinished(request, response, { login: { accountId: state.person.sub } });
    })();
  });

  return {
    issuer,
    get person() {
      return state.person;
    },
    set person(person) {
      state.person = person;
    },
    register(client) {
      clients.set(client.client_id, client);
      provider = undefined;
    },
    async signIn(authorizationUrl) {
      const jar = new Map<string, string>();
      let url = new URL(authorizationUrl);
      while (url.origin === issuer) {
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
        const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
        for (const text of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
          jar.set(name, value);
        }
        const location = response.headers.get('location');
        if (location === null)
          throw new Error(`The company’s provider says ${response.status}: ${await response.text()}`);
        url = new URL(location, url);
      }
      return url;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
