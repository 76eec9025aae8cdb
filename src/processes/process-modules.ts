import type { DynamicModule, Type } from '@nestjs/common';
import { AuditApiModule, AuditJobsModule } from '../audit/index.js';
import { MeteringApiModule, MeteringJobsModule } from '../commerce/metering/index.js';
import { A2aModule, HttpsWorkersModule } from '../edge/a2a/index.js';
import { ModelModule } from '../edge/model/index.js';
import { TunnelModule } from '../edge/tunnel/index.js';
import {
  AccountJobsModule,
  AccountPagesModule,
  IdentityApiModule,
  OauthModule,
  OidcJobsModule,
  OidcServerModule,
  ScimModule,
  SsoApiModule,
} from '../identity/index.js';
import { PlannerModule } from '../orchestration/planner/index.js';
import { SchedulerModule } from '../orchestration/scheduler/index.js';
import { TaskApiModule, TaskJobsModule } from '../orchestration/task/index.js';
import { FeedRunnerModule } from '../platform/outbox/index.js';
import { JobRunnerModule } from '../platform/queue/index.js';
import { RegistryApiModule, WorkerSelfModule } from '../registry/index.js';
import { RepositoryApiModule, RepositoryJobsModule } from '../repository/index.js';
import { TenancyApiModule, TenancyJobsModule } from '../tenancy/index.js';

/** A process that serves; `migrate` runs to its end and serves nothing. */
export type ServingProcess = 'api' | 'jobs' | 'tunnel';

type RoomModule = Type | DynamicModule;

/**
 * Which rooms each process is made of: the one place to add a room's module.
 * `all` is the union. What every process needs (configuration, database, queue, feed, HTTP) is in control-plane.module.ts,
 * the implementations of ports are in port-bindings.module.ts.
 */
export const PROCESS_MODULES: Readonly<Record<ServingProcess, readonly RoomModule[]>> = {
  /** What people and programs call. */
  api: [
    TenancyApiModule,
    IdentityApiModule,
    OidcServerModule,
    AccountPagesModule.with(OauthModule),
    SsoApiModule,
    ScimModule,
    RegistryApiModule,
    RepositoryApiModule,
    TaskApiModule,
    MeteringApiModule,
    AuditApiModule,
    A2aModule,
  ],
  /** Jobs, sweepers, scheduling passes and the subscribers of the event feed. */
  jobs: [
    JobRunnerModule,
    FeedRunnerModule,
    TenancyJobsModule,
    AccountJobsModule,
    OidcJobsModule,
    TaskJobsModule,
    PlannerModule,
    SchedulerModule,
    MeteringJobsModule,
    RepositoryJobsModule,
    AuditJobsModule,
  ],
  /** What workers call: enrolment, tokens, the tunnel, the API of an attempt. */
  tunnel: [WorkerSelfModule, OidcServerModule, TunnelModule, HttpsWorkersModule, ModelModule],
};

export function modulesOf(processes: readonly ServingProcess[]): RoomModule[] {
  return [...new Set(processes.flatMap((name) => PROCESS_MODULES[name]))];
}
