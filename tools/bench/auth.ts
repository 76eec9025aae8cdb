import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { AuthCase, Sample, Samples } from './auth-figures.ts';
import { CASES } from './auth-figures.ts';
import type { CpuAsked, ServerReady } from './auth-server.ts';
import { type Call, HttpLoad } from './http-load.ts';

export interface AuthBenchOptions {
  readonly rounds: number;
  readonly roundMs: number;
  readonly say: (line: string) => void;
}

const TOKEN_PATH = '/oidc/token';
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Signed before a round: more than a server gives tokens in it. */
const ASSERTIONS_PER_SECOND = 4_000;
const WARM_UP_ROUNDS = 4;
const UNLIMITED = {
  COORCHAT_ORGANIZATION_REQUESTS_PER_MINUTE: '0',
  COORCHAT_CREDENTIAL_REQUESTS_PER_MINUTE: '0',
  COORCHAT_ADDRESS_REQUESTS_PER_MINUTE: '0',
};

interface Server {
  readonly url: string;
  readonly key: string;
  readonly child: ChildProcess;
  /** The next message; rejects when the process ends. */
  heard<T>(): Promise<T>;
}

async function startServer(dataDir: string): Promise<Server> {
  const env = { ...process.env, ...UNLIMITED, COORCHAT_DATA_DIR: dataDir, COORCHAT_PORT: '0', DATABASE_URL: '' };
  const script = path.join(import.meta.dirname, 'auth-server.ts');
  const child = fork(script, [], { env, execArgv: process.env['BENCH_SERVER_FLAGS']?.split(' ') ?? [] });
  const ended = once(child, 'exit').then(([code]): never => {
    throw new Error(`the control plane ended (${String(code)})`);
  });
  ended.catch(() => undefined);
  const heard = async <T>() => (await Promise.race([once(child, 'message') as Promise<[T]>, ended]))[0];
  return { child, heard, ...(await heard<ServerReady>()) };
}

/** Assertions are used up: each counts once. */
class Assertions {
  #ready: string[] = [];
  readonly #clientId: string;
  readonly #issuer: string;
  readonly #key: CryptoKey;

  constructor(clientId: string, issuer: string, key: CryptoKey) {
    this.#clientId = clientId;
    this.#issuer = issuer;
    this.#key = key;
  }

  async stock(count: number): Promise<void> {
    while (this.#ready.length < count) this.#ready.push(await this.#sign());
  }

  next(): string {
    const assertion = this.#ready.pop();
    if (assertion === undefined) throw new Error('the server is faster than we sign: raise ASSERTIONS_PER_SECOND');
    return assertion;
  }

  #sign(): Promise<string> {
    return new SignJWT({ jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(this.#clientId)
      .setSubject(this.#clientId)
      .setAudience(this.#issuer)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(this.#key);
  }
}

interface OauthClient {
  readonly id: string;
  readonly secret?: string;
}

async function makeClient({ url, key }: Server, fields: object): Promise<OauthClient> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ name: 'bench', scopes: ['work:read'], ...fields });
  const response = await fetch(`${url}/v1/oauth-clients`, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`the client was not made: ${response.status} ${await response.text()}`);
  const { id, secret } = (await response.json()) as { id: string; secret?: string };
  return { id, ...(secret !== undefined && { secret }) };
}

function post(form: Readonly<Record<string, string>>): Call {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString();
  return { method: 'POST', path: TOKEN_PATH, headers, body };
}

async function tokenOf({ url }: Server, { headers, body = '' }: Call): Promise<string> {
  const response = await fetch(url + TOKEN_PATH, { method: 'POST', headers, body });
  return ((await response.json()) as { access_token: string }).access_token;
}

function guarded(credential: string): Call {
  return { method: 'GET', path: '/bench/guarded', headers: { authorization: `Bearer ${credential}` } };
}

/** Every case as the next request of it. */
async function callsTo(server: Server): Promise<{ calls: Record<AuthCase, () => Call>; assertions: Assertions }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const bySecret = await makeClient(server, { authMethod: 'client_secret_post' });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'bench' }] };
  const byKey = await makeClient(server, { authMethod: 'private_key_jwt', jwks });
  const assertions = new Assertions(byKey.id, server.url, privateKey);
  const secret = post({ client_id: bySecret.id, client_secret: bySecret.secret ?? '' });
  const [open, apiKey] = [{ method: 'GET', path: '/bench/open', headers: {} } as const, guarded(server.key)];
  const jwt = guarded(await tokenOf(server, secret));
  const calls = {
    open: () => open,
    jwt: () => jwt,
    apiKey: () => apiKey,
    secret: () => secret,
    privateKeyJwt: () => post({ client_assertion_type: ASSERTION, client_assertion: assertions.next() }),
  };
  return { calls, assertions };
}

async function cpuOf(server: Server): Promise<number> {
  server.child.send('cpu');
  return (await server.heard<CpuAsked>()).cpuMicros;
}

/** One case for a while. */
async function sampleOf(
  server: Server,
  load: HttpLoad,
  { next, ms }: { next: () => Call; ms: number },
): Promise<Sample> {
  const before = await cpuOf(server);
  const { answered, perSecond } = await load.run(next, ms);
  return { perSecond, cpuMicros: ((await cpuOf(server)) - before) / answered };
}

/** Another order each time: no case has always the same one before it. */
function orderOf(round: number): AuthCase[] {
  const first = round % CASES.length;
  return [...CASES.slice(first), ...CASES.slice(0, first)];
}

async function sampleAll(server: Server, load: HttpLoad, options: AuthBenchOptions): Promise<Samples> {
  const { rounds, roundMs: ms, say } = options;
  const samples: Record<AuthCase, Sample[]> = { open: [], jwt: [], apiKey: [], secret: [], privateKeyJwt: [] };
  const { calls, assertions } = await callsTo(server);
  for (let round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
    await assertions.stock((ASSERTIONS_PER_SECOND * ms) / 1_000);
    for (const name of orderOf(round)) {
      const sample = await sampleOf(server, load, { next: calls[name], ms });
      if (round >= WARM_UP_ROUNDS) samples[name].push(sample);
    }
    if (round >= WARM_UP_ROUNDS) say(`round ${round - WARM_UP_ROUNDS + 1} of ${rounds}`);
  }
  return samples;
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}

/** What tokens and guards cost, on a control plane of its own: every round measures each case once. */
export async function measureAuth(options: AuthBenchOptions): Promise<Samples> {
  const folder = await mkdtemp(path.join(tmpdir(), 'coorchat-bench-'));
  try {
    const server = await startServer(path.join(folder, 'control-plane'));
    const load = new HttpLoad(server.url);
    try {
      return await sampleAll(server, load, options);
    } finally {
      await load.close();
      await stopped(server.child);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
