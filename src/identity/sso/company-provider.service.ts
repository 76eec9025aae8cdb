import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { importJWK, type JWK } from 'jose';
import * as oidc from 'openid-client';
import type { Agent, RequestInit } from 'undici';
import { AppConfig } from '../../platform/config/index.js';
import {
  outboundAgent,
  outboundFault,
  outboundFetch as send,
  outboundPolicy,
  type OutboundPolicy,
  PublicUrl,
} from '../../platform/http/index.js';
import { unseal } from '../accounts/sealed.js';
import type { SsoConnection } from './sso-connection.store.js';
import { ssoSealKey } from './sso-secret.rules.js';

const TIMEOUT_S = 10;
const MAX_ANSWER_BYTES = 1024 * 1024;
const ALG = 'ES256';

/** A company's identity provider as a client of it sees it. Nothing is called but what the operator's policy allows. */
@Injectable()
export class CompanyProviders implements OnModuleDestroy {
  private readonly sealKey: Buffer;
  private agent: Agent | undefined;

  constructor(
    private readonly config: AppConfig,
    private readonly publicUrl: PublicUrl,
  ) {
    this.sealKey = ssoSealKey(config.secretKey);
  }

  async onModuleDestroy(): Promise<void> {
    await this.agent?.destroy();
  }

  /** Why an address is not called; undefined when it may be. */
  faultOf(url: string): string | undefined {
    return outboundFault(new URL(url), this.policy());
  }

  /** Reads the discovery document. @throws when it is not there, or is another issuer's */
  async configuration(connection: SsoConnection): Promise<oidc.Configuration> {
    const { issuer, clientId, authMethod } = connection;
    const isPlain = new URL(issuer).protocol === 'http:' && this.faultOf(issuer) === undefined;
    const metadata = { token_endpoint_auth_method: authMethod };
    return oidc.discovery(new URL(issuer), clientId, metadata, await this.clientAuth(connection), {
      timeout: TIMEOUT_S,
      [oidc.customFetch]: (url, options) => this.fetch(url, options),
      execute: [oidc.enableNonRepudiationChecks, ...(isPlain ? [oidc.allowInsecureRequests] : [])],
    });
  }

  private async clientAuth({ id, authMethod, sealedSecret }: SsoConnection): Promise<oidc.ClientAuth> {
    const secret = unseal(this.sealKey, sealedSecret, id);
    if (authMethod === 'client_secret_basic') return oidc.ClientSecretBasic(secret);
    if (authMethod === 'client_secret_post') return oidc.ClientSecretPost(secret);
    const jwk = JSON.parse(secret) as JWK;
    const key = await importJWK(jwk, ALG);
    if (key instanceof Uint8Array) throw new Error('The key of a connection is no private key.');
    return oidc.PrivateKeyJwt({ key, ...(jwk.kid !== undefined && { kid: jwk.kid }) });
  }

  private async fetch(url: string, options: oidc.CustomFetchOptions): Promise<Response> {
    const fault = this.faultOf(url);
    if (fault !== undefined) throw new Error(`${url} is not called: ${fault}`);
    const { method, headers, body, signal } = options;
    const init: RequestInit = { method, headers, body: body as RequestInit['body'], redirect: 'manual' };
    const dispatcher = (this.agent ??= outboundAgent(this.policy()));
    const response = await send(url, { ...init, dispatcher, ...(signal && { signal }) });
    const text = await boundedText(response.body);
    return new Response(text === '' ? null : text, { status: response.status, headers: [...response.headers] });
  }

  private policy(): OutboundPolicy {
    return outboundPolicy(this.config.outboundAllow, this.publicUrl.value);
  }
}

async function boundedText(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('The identity provider answered with too much.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
