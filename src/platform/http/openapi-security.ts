import {
  ANY_SKILL,
  KEY_SCOPES,
  type Permission,
  PERMISSIONS,
  type PermissionRule,
  type Scope,
  SCOPES,
} from '@coorchat/contracts';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { RouteAccess } from './access.decorator.js';

type Schemes = NonNullable<NonNullable<OpenAPIObject['components']>['securitySchemes']>;
export type Requirement = Record<string, string[]>;

const SCOPE_TEXTS = Object.fromEntries([
  ...SCOPES.map((scope) => [scope, `The permission ${scope}`]),
  [ANY_SKILL, 'Any skill; `skill:<id>` for one'],
]) as Readonly<Record<string, string>>;

/** Every way to show who one is; the URLs are those of this control plane. */
export function securitySchemes(publicUrl: string): Schemes {
  const tokenUrl = `${publicUrl}/oidc/token`;
  const scopes = { ...SCOPE_TEXTS };
  return {
    oauth2: {
      type: 'oauth2',
      description: `Access tokens, as \`Authorization: Bearer\`, where they are not bound to a key. Also by device authorization at ${publicUrl}/oidc/device/auth. Everything is in ${publicUrl}/.well-known/oauth-authorization-server.`,
      flows: {
        authorizationCode: { authorizationUrl: `${publicUrl}/oidc/auth`, tokenUrl, refreshUrl: tokenUrl, scopes },
        clientCredentials: { tokenUrl, scopes },
      },
    },
    dpop: {
      type: 'http',
      scheme: 'dpop',
      description:
        'Access tokens that are bound to a key (RFC 9449): `Authorization: DPoP <token>`, and in `DPoP` a proof for this call, by ES256 or Ed25519. When the answer is 401 with `use_dpop_nonce`, repeat it with the nonce of the header `DPoP-Nonce` in the proof.',
    },
    bearer: { type: 'http', scheme: 'bearer', description: 'An API key (`cck_…`)' },
    apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key, the same as by bearer' },
  };
}

function ruleOf(access: RouteAccess): Pick<PermissionRule, 'scopes' | 'by'> {
  if (Object.hasOwn(PERMISSIONS, access)) return PERMISSIONS[access as Permission];
  return { scopes: [access as Scope], by: 'anyone' };
}

function requirementsOf(access: RouteAccess, isForKeys: boolean): Requirement[] {
  const { scopes, by } = ruleOf(access);
  return scopes.flatMap((scope) => {
    const mayBeKey = isForKeys && by === 'anyone' && KEY_SCOPES.includes(scope);
    const ways = mayBeKey ? ['oauth2', 'dpop', 'bearer', 'apiKey'] : ['oauth2', 'dpop'];
    return ways.map((way) => ({ [way]: [scope] }));
  });
}

export interface Guarded {
  readonly access: readonly RouteAccess[];
  readonly isForKeys: boolean;
}

/** Any one of them is enough. */
export function securityOf({ access, isForKeys }: Guarded): Requirement[] {
  const all = access
    .flatMap((each) => requirementsOf(each, isForKeys))
    .map((requirement) => JSON.stringify(requirement));
  return [...new Set(all)].map((text) => JSON.parse(text) as Requirement);
}

const WHO: Readonly<Record<PermissionRule['by'], string>> = {
  anyone: '',
  person: ', which only a signed-in person has',
  recent: ', which only a person has who signed in a short while ago',
};

/** For people. */
export function accessText(access: readonly RouteAccess[]): string {
  return `Needs ${access.map((each) => `\`${each}\`${WHO[ruleOf(each).by]}`).join(' or ')}.`;
}
