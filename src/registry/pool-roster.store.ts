import { MACHINE_EXTENSION_URI } from '@coorchat/a2a';
import type { Cloning, Toolchain } from '@coorchat/contracts';
import { Injectable } from '@nestjs/common';
import type { Tx } from '../platform/db/index.js';

/** What the scheduler sees of a machine; memory and disk in MiB. */
export interface RosterRow {
  readonly orgId: string;
  readonly workerId: string;
  readonly name: string;
  readonly clusterId: string;
  readonly facts: {
    readonly platform: string;
    readonly architecture: string;
    readonly cpuCores: number;
    readonly memoryMb: number;
    readonly diskFreeMb: number;
    readonly gpu: string | null;
    readonly labels: readonly string[];
    readonly toolchains: readonly Toolchain[];
    readonly repositories: readonly { readonly url: string; readonly shallow: boolean; readonly head: string | null }[];
  };
  readonly skills: readonly string[];
  readonly grantedSkills: readonly string[];
  readonly mcpServers: readonly string[];
  readonly cloning: Cloning;
  readonly features: readonly string[];
  readonly sandbox: string;
  readonly trustClass: string;
  readonly maxConcurrent: number;
  readonly paused: boolean;
  readonly draining: boolean;
  readonly sessionHolder: string | null;
  readonly lastHeartbeatAt: Date | null;
  readonly tasksCompleted: number;
  readonly tasksFailed: number;
}

const FACTS_PATH = `$.capabilities.extensions[*] ? (@.uri == "${MACHINE_EXTENSION_URI}").params`;

@Injectable()
export class PoolRosterStore {
  /** Machines of a pool that have told their facts; in id order. */
  async load(tx: Tx, poolId: string): Promise<RosterRow[]> {
    return tx.sql<RosterRow>`
      SELECT w.org_id AS "orgId", w.id AS "workerId", w.name, w.cluster_id AS "clusterId",
        jsonb_build_object(
          'platform', w.platform, 'architecture', w.architecture, 'cpuCores', w.cpu_cores, 'memoryMb', w.memory_mb,
          'diskFreeMb', w.disk_free_mb, 'gpu', w.gpu, 'labels', to_jsonb(w.labels), 'toolchains', w.toolchains,
          'repositories', coalesce((
            SELECT jsonb_agg(jsonb_build_object('url', r.canonical_url, 'shallow', r.shallow, 'head', r.head))
            FROM worker_repository r WHERE r.org_id = w.org_id AND r.worker_id = w.id), '[]')) AS facts,
        w.skills, w.granted_skills AS "grantedSkills",
        coalesce(jsonb_path_query_first(w.card, ${FACTS_PATH}::jsonpath) -> 'mcpServers', '[]') AS "mcpServers",
        coalesce(jsonb_path_query_first(w.card, ${FACTS_PATH}::jsonpath) ->> 'cloning', 'none') AS cloning,
        w.features, w.sandbox, w.trust_class AS "trustClass", w.max_concurrent AS "maxConcurrent",
        w.paused, w.draining, w.session_holder AS "sessionHolder", w.last_heartbeat_at AS "lastHeartbeatAt",
        w.tasks_completed AS "tasksCompleted", w.tasks_failed AS "tasksFailed"
      FROM worker w
      WHERE w.pool_id = ${poolId} AND w.removed_at IS NULL AND w.platform IS NOT NULL
      ORDER BY w.id`;
  }
}
