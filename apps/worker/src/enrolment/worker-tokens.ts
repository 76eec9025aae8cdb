import { AppError } from '@coorchat/kernel';
import { z } from 'zod';
import { type HttpAnswer, type HttpCall, httpCall } from './http-call.js';
import { unreachable } from './unreachable.js';
import type { WorkerKey } from './worker-key.js';

export interface WorkerTokensOptions {
  /** Of the control plane, as the worker reaches it. */
  readonly url: string;
  readonly clientId: string;
  readonly key: WorkerKey;
  /** What a person reads when the control plane knows this worker no more. */
  readonly revoked: () => AppError;
}

export interface TokenDemand {
  readonly nonce?: string | undefined;
  /** The last one was not taken. */
  readonly isRefused?: boolean;
}

interface AccessToken {
  readonly text: string;
  readonly renewAt: number;
  /** The control plane's own name for itself, which proofs have to use. */
  readonly issuer: string;
}

const TIMEOUT_MS = 15_000;
/** Earlier than the control plane asks for another one on an open line. */
const RENEW_BEFORE_MS = 120_000;
const MAX_TRIES = 3;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const issuerSchema = z.object({ issuer: z.url(), token_endpoint: z.url() });
const tokenSchema = z.object({ access_token: z.string(), token_type: z.literal('DPoP'), expires_in: z.number() });
const errorSchema = z.object({ error: z.string(), error_description: z.string().optional() });

/** Short-lived access tokens, bound to the worker's key, and what is shown with them. */
export class WorkerTokens {
  #token: AccessToken | undefined;
  #asking: Promise<AccessToken> | undefined;

  constructor(private readonly options: WorkerTokensOptions) {}

  /** A token and the proof for one request. @throws AppError: `unauthenticated` for good, `unavailable` for now */
  async show(method: string, path: string, demand: TokenDemand = {}): Promise<{ token: string; proof: string }> {
    if (demand.isRefused) this.#token = undefined;
    const { text: token, issuer } = await this.#current();
    const url = new URL(path, issuer).href;
    return { token, proof: await this.options.key.proof({ method, url, token, nonce: demand.nonce }) };
  }

  /** A POST in the worker's name, with whatever nonce is asked for. */
  async post(path: string, body: unknown, signal?: AbortSignal): Promise<HttpAnswer> {
    const json = { 'content-type': 'application/json' };
    let demand: TokenDemand = {};
    for (let tries = 1; ; tries++) {
      const { token, proof } = await this.show('POST', path, demand);
      const headers = { ...json, authorization: `DPoP ${token}`, dpop: proof };
      const answer = await this.#call({ path, headers, body: JSON.stringify(body), signal });
      if (answer.status !== 401 || tries === MAX_TRIES) return answer;
      const nonce = nonceOf(answer);
      demand = nonce === undefined ? { isRefused: true } : { nonce };
    }
  }

  async #current(): Promise<AccessToken> {
    if (this.#token && Date.now() < this.#token.renewAt) return this.#token;
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    this.#token = await this.#asking;
    return this.#token;
  }

  /** Looks each time under which name the control plane goes: it may have got another one. */
  async #ask(nonce?: string): Promise<AccessToken> {
    const { clientId, key } = this.options;
    const { issuer, token_endpoint: endpoint } = await this.#metadata();
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await key.assertion(clientId, issuer),
    }).toString();
    const dpop = await key.proof({ method: 'POST', url: endpoint, nonce });
    const headers = { 'content-type': 'application/x-www-form-urlencoded', dpop };
    const answer = await this.#call({ path: '/oidc/token', headers, body });
    const wanted = nonceOf(answer);
    if (answer.status >= 400 && wanted !== undefined && nonce === undefined) return this.#ask(wanted);
    return this.#read(answer, issuer);
  }

  #read({ status, body }: HttpAnswer, issuer: string): AccessToken {
    const parsed = tokenSchema.safeParse(body);
    if (parsed.success) {
      const { access_token: text, expires_in: lifeS } = parsed.data;
      const lifeMs = lifeS * 1_000;
      return { text, issuer, renewAt: Date.now() + Math.max(lifeMs - RENEW_BEFORE_MS, lifeMs / 2) };
    }
    const fault = errorSchema.safeParse(body).data;
    if (fault?.error === 'invalid_client' || fault?.error === 'unauthorized_client') throw this.options.revoked();
    throw unavailable(`The control plane gave no access token (${status}): ${fault?.error_description ?? ''}`);
  }

  async #metadata(): Promise<z.infer<typeof issuerSchema>> {
    const url = `${this.options.url}/.well-known/oauth-authorization-server`;
    const { status, body } = await this.#heard({ url, method: 'GET', timeoutMs: TIMEOUT_MS });
    const parsed = issuerSchema.safeParse(body);
    if (parsed.success) return parsed.data;
    throw unavailable(`${url} (${status}) does not say how to get tokens.`);
  }

  /** To the address that the worker was given: the issuer's name may mean nothing here. */
  #call(call: {
    path: string;
    headers: Readonly<Record<string, string>>;
    body: string;
    signal?: AbortSignal | undefined;
  }): Promise<HttpAnswer> {
    const { path, ...rest } = call;
    return this.#heard({ url: this.options.url + path, method: 'POST', timeoutMs: TIMEOUT_MS, ...rest });
  }

  async #heard(call: HttpCall): Promise<HttpAnswer> {
    try {
      return await httpCall(call);
    } catch (error) {
      throw unavailable(unreachable(this.options.url, error));
    }
  }
}

function nonceOf({ headers, body }: HttpAnswer): string | undefined {
  const nonce = headers['dpop-nonce'];
  const challenge = [headers['www-authenticate']].flat().join(' ');
  const isAsked = challenge.includes('use_dpop_nonce') || errorSchema.safeParse(body).data?.error === 'use_dpop_nonce';
  return isAsked && typeof nonce === 'string' ? nonce : undefined;
}

function unavailable(message: string): AppError {
  return new AppError({ code: 'worker.no_access_token', kind: 'unavailable', message });
}
