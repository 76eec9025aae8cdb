import { Injectable } from '@nestjs/common';
import type { SystemTx } from '../../platform/db/index.js';

/** Without the provider's word on it, nobody counts as somebody who has shown credentials a moment ago. */
const UNKNOWN_AGE_HOURS = 1;

@Injectable()
export class SsoSignedInStore {
  /** When the person showed credentials to the provider, which may be long before they came to us. */
  async date(tx: SystemTx, sessionId: string, at: Date | undefined): Promise<void> {
    await tx.sql`
      UPDATE user_session
      SET signed_in_at = least(signed_in_at, coalesce(${at ?? null}::timestamptz,
                                                      now() - ${UNKNOWN_AGE_HOURS}::int * interval '1 hour'))
      WHERE id = ${sessionId}`;
  }
}
