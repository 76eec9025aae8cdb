import { type CatalogQuery, type Page, type PageQuery, repositoryIdentity, type WorkerView } from '@coorchat/contracts';
import type { TenantContext } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import { AppConfig } from '../platform/config/index.js';
import { type TenantTx, UnitOfWork } from '../platform/db/index.js';
import { idOfCursor, pageOf } from '../platform/http/index.js';
import { registryErrors } from './registry.errors.js';
import { matchesToolchain, parseToolchainFilter, type ToolchainFilter } from './toolchain-filter.rules.js';
import { MISSED_HEARTBEATS } from './worker-status.rules.js';
import { type WorkerFilter, type WorkerPage, WorkerStore } from './worker.store.js';
import type { StoredWorker } from './worker.types.js';
import { type CatalogEntry, catalogEntry, type ViewClock, workerView } from './worker.view.js';

/** Reads what is known of machines. */
@Injectable()
export class WorkerDirectory {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly store: WorkerStore,
    private readonly config: AppConfig,
  ) {}

  /** @throws AppError `registry.worker_not_found` */
  async get(ctx: TenantContext, workerId: string): Promise<WorkerView> {
    const worker = await this.uow.tenantRead(ctx, (tx) => this.store.find(tx, workerId));
    if (worker === undefined) throw registryErrors.workerNotFound(workerId);
    return workerView(worker, this.clock());
  }

  async list(ctx: TenantContext, { cursor, limit }: PageQuery): Promise<Page<WorkerView>> {
    const page = { afterId: idOfCursor(cursor, 'worker'), limit: limit + 1 };
    const workers = await this.uow.tenantRead(ctx, (tx) => this.store.list(tx, {}, page));
    return pageOf(workers, limit, (worker) => workerView(worker, this.clock()));
  }

  /** Agent Cards of the machines that match all of the filters. */
  async catalog(ctx: TenantContext, query: CatalogQuery): Promise<Page<CatalogEntry>> {
    const toolchain = query.toolchain === undefined ? undefined : this.toolchainFilter(query.toolchain);
    const filter = this.filterOf(query, toolchain);
    const page = { afterId: idOfCursor(query.cursor, 'worker'), limit: query.limit + 1 };
    const workers = await this.uow.tenantRead(ctx, (tx) => this.matching(tx, { filter, page, toolchain }));
    return pageOf(workers, query.limit, (worker) => catalogEntry(worker, this.clock()));
  }

  /** Skills that machines of a pool offer and were granted, connected or not. */
  async skillsOf(ctx: TenantContext, poolId: string): Promise<ReadonlySet<string>> {
    return new Set(await this.uow.tenantRead(ctx, (tx) => this.store.skillsOfPool(tx, poolId)));
  }

  /** The same, and whether one of them was granted every skill; `every` holds, too, while there is no machine. */
  poolSkills(ctx: TenantContext, poolId: string): Promise<{ named: ReadonlySet<string>; every: boolean }> {
    return this.uow.tenantRead(ctx, async (tx) => {
      const [named, every] = await Promise.all([
        this.store.skillsOfPool(tx, poolId),
        this.store.hasEverySkill(tx, poolId),
      ]);
      return { named: new Set(named), every: every ?? true };
    });
  }

  private clock(): ViewClock {
    return { now: new Date(), heartbeatIntervalMs: this.config.heartbeatIntervalMs };
  }

  private toolchainFilter(text: string): ToolchainFilter {
    const filter = parseToolchainFilter(text);
    if (filter === undefined) throw registryErrors.badToolchainFilter(text);
    return filter;
  }

  private filterOf(query: CatalogQuery, toolchain: ToolchainFilter | undefined): WorkerFilter {
    const { skill, platform, label, online } = query;
    const since = new Date(Date.now() - MISSED_HEARTBEATS * this.config.heartbeatIntervalMs);
    return {
      skill,
      platform,
      label,
      published: true,
      toolchain: toolchain?.name,
      repository: query.repository === undefined ? undefined : repositoryIdentity(query.repository),
      connected: online === undefined ? undefined : { since, is: online },
    };
  }

  /** Version ranges are no matter for SQL: reads on until the page is full or nothing is left. */
  private async matching(
    tx: TenantTx,
    { filter, page, toolchain }: { filter: WorkerFilter; page: WorkerPage; toolchain: ToolchainFilter | undefined },
  ): Promise<StoredWorker[]> {
    const found: StoredWorker[] = [];
    for (let afterId = page.afterId; ;) {
      const rows = await this.store.list(tx, filter, { afterId, limit: page.limit });
      found.push(...rows.filter((row) => toolchain === undefined || matchesToolchain(toolchain, row.toolchains)));
      afterId = rows.at(-1)?.id;
      if (rows.length < page.limit || found.length >= page.limit) return found.slice(0, page.limit);
    }
  }
}
