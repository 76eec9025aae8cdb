import { type ServerCallContext, type User } from '@a2a-js/sdk/server';
import type { Scope } from '@coorchat/contracts';
import { AppError, isAppError, type TenantContext } from '@coorchat/kernel';
import type { RefusalReason } from '../../platform/http/index.js';

/** The authenticated caller, as the SDK passes it through to our handler. */
export class TenantUser implements User {
  /**
   * @param left aborts when the caller does not listen any more
   * @param onDenied hears what the caller may not do
   */
  constructor(
    readonly tenant: TenantContext,
    readonly left: AbortSignal,
    readonly onDenied: (reason: RefusalReason) => void,
  ) {}

  get isAuthenticated(): boolean {
    return true;
  }

  get userName(): string {
    return this.tenant.actor.id;
  }
}

/** Aborts when the caller is gone. */
export function callerLeft({ user }: ServerCallContext): AbortSignal {
  return user instanceof TenantUser ? user.left : AbortSignal.abort();
}

/** The caller's tenant. @throws AppError `a2a.unauthenticated` */
export function callerOf({ user }: ServerCallContext): TenantContext {
  if (user instanceof TenantUser) return user.tenant;
  throw new AppError({ code: 'a2a.unauthenticated', kind: 'unauthenticated', message: 'A credential is needed.' });
}

/** The caller's tenant, if it may do this. @throws AppError `a2a.unauthenticated`, `a2a.missing_scope` */
export function tenantWith(context: ServerCallContext, scope: Scope): TenantContext {
  const tenant = callerOf(context);
  if (tenant.scopes.has(scope)) return tenant;
  throw new AppError({
    code: 'a2a.missing_scope',
    kind: 'forbidden',
    message: `The credential lacks the scope ${scope}.`,
    details: { needed: [scope] },
  });
}

/** JSON-RPC has no status by which the rim would know. */
export function tellIfDenied({ user }: ServerCallContext, error: unknown): void {
  if (!(user instanceof TenantUser) || !isAppError(error) || error.kind !== 'forbidden') return;
  const needed = error.details?.['needed'];
  const { code, message } = error;
  user.onDenied({ code, message, ...(Array.isArray(needed) && { needed: needed.map(String) }) });
}
