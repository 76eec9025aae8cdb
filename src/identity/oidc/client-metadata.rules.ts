import type { AllClientMetadata } from 'oidc-provider';
import type { RequestingClient } from './interactions.port.js';
import type { LiveClient } from './oauth-client.store.js';

/** What we keep with a client besides the registered metadata. Nobody registers these over the wire. */
export const OWN_METADATA = [
  'coorchat_org',
  'coorchat_kind',
  'coorchat_scopes',
  'coorchat_worker',
  'coorchat_secrets',
  'coorchat_generation',
] as const;

export type ClientKind = 'service' | 'worker' | 'first_party' | 'installed' | 'self_registered';

export interface OwnMetadata {
  readonly kind: ClientKind;
  /** Organization of services and workers. */
  readonly orgId: string | undefined;
  /** The most that it may be given; undefined: what people may grant. */
  readonly scopes: readonly string[] | undefined;
  readonly workerId: string | undefined;
  readonly secretHashes: readonly string[];
  /** Of the scopes; undefined for programs of people. */
  readonly generation: number | undefined;
}

/** Stands where a secret would be; the real ones are known by their hashes only. */
const SECRET_PLACEHOLDER = 'kept-as-hash';

export const CLI_CLIENT_ID = 'coorchat-cli';
export const DASHBOARD_CLIENT_ID = 'coorchat-dashboard';
export const WORKER_CLIENT_ID = 'coorchat-worker';

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

/** Programs of ours; they hold no secret. */
function ownPrograms(publicUrl: string): Readonly<Record<string, AllClientMetadata>> {
  const shared = { token_endpoint_auth_method: 'none' as const };
  return {
    [CLI_CLIENT_ID]: {
      ...shared,
      client_name: 'CoorChat command line',
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE],
      response_types: ['code'],
      redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback', 'http://localhost/callback'],
      coorchat_kind: 'installed',
    },
    [DASHBOARD_CLIENT_ID]: {
      ...shared,
      client_name: 'CoorChat dashboard',
      application_type: 'web',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: [`${publicUrl}/dashboard/callback`],
      coorchat_kind: 'first_party',
    },
    [WORKER_CLIENT_ID]: {
      ...shared,
      client_name: 'CoorChat worker',
      application_type: 'native',
      grant_types: [DEVICE_CODE],
      response_types: [],
      redirect_uris: [],
      coorchat_kind: 'installed',
      // The skills that the machine offers; the person leaves those that they want.
      coorchat_scopes: ['worker:register', 'skill:*'],
    },
  };
}

export function ownProgram(clientId: string, publicUrl: string): AllClientMetadata | undefined {
  const programs = ownPrograms(publicUrl);
  return Object.hasOwn(programs, clientId) ? { client_id: clientId, ...programs[clientId] } : undefined;
}

/** A service or worker as oidc-provider wants to read it. */
export function metadataOf(client: LiveClient): AllClientMetadata {
  const { id, orgId, kind, name, authMethod, jwks, scopes, dpopBound, workerId, secretHashes, generation } = client;
  return {
    client_id: id,
    client_name: name,
    token_endpoint_auth_method: authMethod,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    ...(jwks ? { jwks: { keys: [...jwks.keys] } } : { client_secret: SECRET_PLACEHOLDER }),
    dpop_bound_access_tokens: dpopBound,
    coorchat_org: orgId,
    coorchat_kind: kind,
    coorchat_scopes: [...scopes],
    ...(workerId !== null && { coorchat_worker: workerId }),
    coorchat_secrets: [...secretHashes],
    coorchat_generation: generation,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function textsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : undefined;
}

const KINDS: readonly string[] = ['service', 'worker', 'first_party', 'installed'] satisfies readonly ClientKind[];

function isKind(text: string | undefined): text is ClientKind {
  return text !== undefined && KINDS.includes(text);
}

/** Ours of a client as oidc-provider holds it. Whoever has no kind registered itself. */
export function ownMetadata(client: Readonly<Record<string, unknown>>): OwnMetadata {
  const kind = textOf(client['coorchat_kind']);
  const generation = client['coorchat_generation'];
  return {
    kind: isKind(kind) ? kind : 'self_registered',
    orgId: textOf(client['coorchat_org']),
    scopes: textsOf(client['coorchat_scopes']),
    workerId: textOf(client['coorchat_worker']),
    secretHashes: textsOf(client['coorchat_secrets']) ?? [],
    generation: typeof generation === 'number' ? generation : undefined,
  };
}

interface NamedClient {
  readonly clientId: string;
  readonly clientName?: string | undefined;
  readonly clientUri?: string | undefined;
}

export function requestingClient(client: NamedClient): RequestingClient {
  const { kind } = ownMetadata({ ...client });
  return {
    id: client.clientId,
    name: client.clientName ?? client.clientId,
    uri: client.clientUri,
    isFirstParty: kind === 'first_party',
    isInstalled: kind === 'installed',
    isSelfRegistered: kind === 'self_registered',
  };
}
