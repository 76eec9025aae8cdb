import { createHash, randomBytes } from 'node:crypto';
import * as jose from 'jose';
import { TestBrowser } from './browser.js';
import type { OidcApp, SignedInPerson } from './oidc-app.js';

export const REDIRECT = 'http://127.0.0.1:49152/callback';

export interface OauthAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

type Form = Readonly<Record<string, string>>;

/** Requests of the protocol by hand, for those that no decent client would send. */
export class OauthCalls {
  constructor(private readonly oidc: Pick<OidcApp, 'url'>) {}

  get tokenUrl(): string {
    return `${this.oidc.url}/oidc/token`;
  }

  async post(path: string, form: Form, headers: Form = {}): Promise<OauthAnswer> {
    const body = new URLSearchParams(form);
    const response = await fetch(this.oidc.url + path, { method: 'POST', body, headers });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : JSON.parse(text), headers: response.headers };
  }

  token(form: Form, headers: Form = {}): Promise<OauthAnswer> {
    return this.post('/oidc/token', form, headers);
  }

  bySecret(id: string, secret: string, form: Form = {}): Promise<OauthAnswer> {
    const basic = Buffer.from(`${id}:${secret}`).toString('base64');
    return this.token({ grant_type: 'client_credentials', ...form }, { authorization: `Basic ${basic}` });
  }

  byAssertion(assertion: string, headers: Form = {}): Promise<OauthAnswer> {
    const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    return this.token(
      { grant_type: 'client_credentials', client_assertion_type, client_assertion: assertion },
      headers,
    );
  }

  async register(metadata: object = {}): Promise<OauthAnswer> {
    const response = await fetch(`${this.oidc.url}/oidc/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [REDIRECT], client_name: 'Editor', ...metadata }),
    });
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, body, headers: response.headers };
  }

  async clientId(): Promise<string> {
    return String((await this.register()).body['client_id']);
  }

  authorizationUrl(parameters: Form): { url: URL; verifier: string } {
    const verifier = randomBytes(32).toString('base64url');
    const url = new URL(`${this.oidc.url}/oidc/auth`);
    const defaults = {
      response_type: 'code',
      redirect_uri: REDIRECT,
      scope: 'work:read work:submit skill:build',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries({ ...defaults, ...parameters })) {
      if (value !== '') url.searchParams.set(name, value);
    }
    return { url, verifier };
  }

  /** As far as the code, through the pages. */
  async code(person: SignedInPerson, parameters: Form): Promise<{ code: string; verifier: string; callback: URL }> {
    const { url, verifier } = this.authorizationUrl(parameters);
    const callback = await new TestBrowser(this.oidc, person).allow(url);
    return { code: callback.searchParams.get('code') ?? '', verifier, callback };
  }

  redeem(clientId: string, code: string, verifier: string, more: Form = {}): Promise<OauthAnswer> {
    return this.token({
      ...{ grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier },
      ...{ redirect_uri: REDIRECT, ...more },
    });
  }

  refresh(clientId: string, token: unknown, more: Form = {}): Promise<OauthAnswer> {
    return this.token({ grant_type: 'refresh_token', client_id: clientId, refresh_token: String(token), ...more });
  }
}

export interface KeyPair {
  readonly privateKey: jose.CryptoKey;
  readonly publicJwk: jose.JWK;
}

export async function keyPair(): Promise<KeyPair> {
  const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true });
  return { privateKey, publicJwk: await jose.exportJWK(publicKey) };
}

export interface JwtParts {
  readonly header?: jose.JWTHeaderParameters;
  readonly claims: jose.JWTPayload;
}

export function assertionClaims(clientId: string, audience: string): jose.JWTPayload {
  const now = Math.floor(Date.now() / 1_000);
  return { iss: clientId, sub: clientId, aud: audience, jti: crypto.randomUUID(), iat: now, exp: now + 60 };
}

export function signed({ privateKey }: KeyPair, { header = { alg: 'ES256' }, claims }: JwtParts): Promise<string> {
  return new jose.SignJWT(claims).setProtectedHeader(header).sign(privateKey);
}

export function proof(key: KeyPair, claims: jose.JWTPayload = {}, htu = ''): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return signed(key, {
    header: { alg: 'ES256', typ: 'dpop+jwt', jwk: key.publicJwk },
    claims: { htm: 'POST', htu, jti: crypto.randomUUID(), iat: now, ...claims },
  });
}

export function part(jwt: string, index: number): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[index] ?? '', 'base64url').toString()) as Record<string, unknown>;
}
