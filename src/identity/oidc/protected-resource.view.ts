import { ANY_SKILL, USER_SCOPES } from '@coorchat/contracts';

/** Protocol endpoints that clients take for a resource of its own. */
const RESOURCES = /^(mcp|a2a|v1)(\/[\w.~-]+)*$/;

/** RFC 9728. Undefined for what is no resource of ours. */
export function protectedResourceMetadata(publicUrl: string, path: string): object | undefined {
  if (path !== '' && !RESOURCES.test(path)) return undefined;
  return {
    resource: path === '' ? publicUrl : `${publicUrl}/${path}`,
    resource_name: 'CoorChat',
    authorization_servers: [publicUrl],
    scopes_supported: [...USER_SCOPES, ANY_SKILL],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA'],
    jwks_uri: `${publicUrl}/oidc/jwks`,
  };
}
