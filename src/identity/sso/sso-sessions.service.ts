import { Injectable } from '@nestjs/common';
import type { TenantContext } from '@coorchat/kernel';
import { Sessions } from '../accounts/sessions.service.js';

/** Marks sessions that a company's provider vouched for. */
export const SSO_AMR = 'sso';

/** Sessions that stand on a company's word. */
@Injectable()
export class SsoSessions {
  constructor(private readonly sessions: Sessions) {}

  /** Ends those of these people; may be called again after a failure. */
  async endOf(userIds: readonly string[], { requestId, origin = {} }: TenantContext): Promise<void> {
    for (const userId of userIds) {
      const open = await this.sessions.list(userId);
      for (const { id } of open.filter(({ amr }) => amr.includes(SSO_AMR)))
        await this.sessions.revoke(id, { userId, visitor: { requestId, origin } });
    }
  }
}
