import type { SsoConnectionView } from '@coorchat/contracts';
import type { SsoConnection } from './sso-connection.store.js';

export function callbackUrl(publicUrl: string, connectionId: string): string {
  return `${publicUrl}/auth/sso/callback/${connectionId}`;
}

export function ssoConnectionView(connection: SsoConnection, publicUrl: string): SsoConnectionView {
  const { orgId: _, sealedSecret: __, createdAt, updatedAt, ...fields } = connection;
  return {
    ...fields,
    redirectUri: callbackUrl(publicUrl, fields.id),
    signInUrl: `${publicUrl}/auth/sso/start?connection=${fields.id}`,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
