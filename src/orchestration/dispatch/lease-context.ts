import { newId, type TenantContext, tenantContext } from '@coorchat/kernel';

/**
 * What workers send is taken in the context of the attempts that they hold: the consumer's
 * organization, never the machine owner's. A batch may hold attempts of several workers.
 */
export function leaseContext(orgId: string): TenantContext {
  return tenantContext({
    orgId,
    actor: { kind: 'system', id: 'dispatch' },
    scopes: new Set(['task:report']),
    requestId: newId('request'),
  });
}
