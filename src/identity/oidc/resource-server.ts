import { type Client, errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import { DEFAULT_USER_SCOPES, OIDC_SCOPES, refusedScopes, resourceScopes } from './asked-scopes.rules.js';
import { type OwnMetadata, ownMetadata } from './client-metadata.rules.js';
import { SIGNING_ALG } from './key-material.js';
import { audienceOf } from './resource.rules.js';

const OIDC: readonly string[] = OIDC_SCOPES;

/** Requests that come with a `scope` of their own; the others go by what was granted. */
const ASKING_ROUTES: readonly string[] = ['authorization', 'pushed_authorization_request', 'device_authorization'];

interface Wanted {
  readonly resource: string;
  readonly client: Client;
  readonly publicUrl: string;
}

function isAsking({ oidc }: KoaContextWithOIDC): boolean {
  if (ASKING_ROUTES.includes(oidc.route)) return true;
  return oidc.route === 'token' && oidc.params?.['grant_type'] === 'client_credentials';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A client that names no scopes gets its own, or what people usually want. */
function scopesOf({ oidc }: KoaContextWithOIDC, own: OwnMetadata): string[] {
  const asked = textOf(oidc.params?.['scope'])?.split(' ') ?? [];
  if (asked.some((scope) => !OIDC.includes(scope))) return asked;
  const scopes = [...asked, ...(own.scopes ?? DEFAULT_USER_SCOPES)];
  if (oidc.params) oidc.params['scope'] = scopes.join(' ');
  return scopes;
}

/** Skills have no list: what a request names, or what stands in the grant, is known; everything else is not. */
export function resourceServerOf(ctx: KoaContextWithOIDC, { resource, client, publicUrl }: Wanted): ResourceServer {
  const audience = audienceOf(resource, publicUrl);
  if (audience === undefined) throw new errors.InvalidTarget();
  const own = ownMetadata({ ...client });
  const granted = Object.values(ctx.oidc.entities.Grant?.resources ?? {}).flatMap((scope) => scope.split(' '));
  const asked = isAsking(ctx) ? scopesOf(ctx, own) : [...ctx.oidc.requestParamScopes, ...granted];
  const refused = isAsking(ctx) ? refusedScopes(own, asked) : [];
  if (refused.length > 0) throw new errors.InvalidScope('requested scope is not allowed', refused.join(' '));
  return {
    audience,
    scope: resourceScopes(asked).join(' '),
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: SIGNING_ALG } },
  };
}
