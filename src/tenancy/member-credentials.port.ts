import type { Role } from '@coorchat/contracts';
import type { TenantTx } from '../platform/db/index.js';

export interface MemberChange {
  readonly userId: string;
  readonly before: Role;
  /** Undefined when the member is gone. */
  readonly after: Role | undefined;
}

/** Whoever gives members credentials of their own: a member's keys end with what they stood on. */
export abstract class MemberCredentials {
  /** In the transaction of the change. */
  abstract memberChanged(tx: TenantTx, change: MemberChange): Promise<void>;
}
