import { Injectable, type OnModuleInit } from '@nestjs/common';
import { eraseTenant, UnitOfWork } from '../platform/db/index.js';
import { Outbox, PLATFORM_ORG } from '../platform/outbox/index.js';
import { JobHandlers } from '../platform/queue/index.js';
import { Revocations } from '../platform/revocation/index.js';
import { Logger } from '../platform/telemetry/index.js';
import { ErasureSteps } from './erasure-steps.js';
import { Organizations } from './organizations.store.js';

const EVERY_MS = 600_000;

/** Erases organizations whose grace has passed. */
@Injectable()
export class OrganizationEraser implements OnModuleInit {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly organizations: Organizations,
    private readonly steps: ErasureSteps,
    private readonly revocations: Revocations,
    private readonly outbox: Outbox,
    private readonly jobs: JobHandlers,
    private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    this.jobs.sweep({ name: 'tenancy.erase', everyMs: EVERY_MS, sweep: (signal) => this.eraseDue(signal) });
  }

  /** One that fails does not keep the others. */
  async eraseDue(signal?: AbortSignal): Promise<void> {
    const due = await this.uow.system('tenancy.erase', (tx) => this.organizations.due(tx));
    for (const orgId of due) {
      if (signal?.aborted) return;
      await this.erase(orgId, signal).catch((error: unknown) =>
        this.logger.error('an organization was not erased; the next sweep goes on', { orgId, error }),
      );
    }
  }

  /** Credentials first: nothing is added while everything goes. */
  private async erase(orgId: string, signal: AbortSignal | undefined): Promise<void> {
    await this.uow.system('tenancy.erase', (tx) => this.revocations.publish(tx, { kind: 'organization', id: orgId }));
    for (const { erase } of this.steps.steps) await erase(orgId);
    const { rows } = await eraseTenant(this.uow, orgId, signal);
    this.logger.info('an organization was erased', { orgId, rows });
    const by = { actor: { kind: 'system', id: 'control-plane' }, requestId: '' };
    const event = { type: 'tenancy.organization_erased', orgId: PLATFORM_ORG, subject: orgId, data: { by, rows } };
    await this.uow.system('tenancy.erase', (tx) => this.outbox.append(tx, event));
  }
}
