import type { Reason, WorkResult } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import type { PendingDelivery } from './work.types.js';

/** The last step of a work request whose tasks made commits. */
@Injectable()
export class WorkDelivery {
  /** Undefined unless the request waits for its delivery right now. */
  pending(_ctx: TenantContext, _workRequestId: string): Promise<PendingDelivery | undefined> {
    throw new Error('unfinished');
  }

  complete(_ctx: TenantContext, _workRequestId: string, _result: WorkResult): Promise<void> {
    throw new Error('unfinished');
  }

  fail(_ctx: TenantContext, _workRequestId: string, _reason: Reason): Promise<void> {
    throw new Error('unfinished');
  }
}
