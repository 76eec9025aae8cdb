import { newId } from '@coorchat/kernel';
import { Injectable } from '@nestjs/common';
import type { TenantTx } from '../platform/db/index.js';
import type { clusterFields } from './cluster-fields.rules.js';

type Fields = ReturnType<typeof clusterFields>;

export type NewCluster = Fields & {
  readonly name: string;
  readonly defaultMaxCostMicros: number;
  readonly defaultMaxDurationMs: number;
};

/** Prisma knows "not given" as undefined only where the type says so. */
function given(fields: Fields): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

@Injectable()
export class ClusterWriter {
  /** With a capacity pool of its own. @returns its id */
  async insert(tx: TenantTx, fields: NewCluster): Promise<string> {
    const [id, poolId] = [newId('cluster'), newId('pool')];
    await tx.sql`INSERT INTO capacity_pool (id, kind) VALUES (${poolId}, 'cluster')`;
    await tx.db.cluster.create({ data: { ...fields, ...given(fields), orgId: tx.orgId, id, poolId } as never });
    return id;
  }

  async update(tx: TenantTx, id: string, fields: Fields): Promise<void> {
    await tx.db.cluster.updateMany({ where: { id }, data: given(fields) });
  }

  /** In this order: there is one default at most. */
  async makeDefault(tx: TenantTx, id: string): Promise<void> {
    await tx.sql`
      UPDATE cluster SET is_default = false
      WHERE is_default AND id <> ${id} AND EXISTS (SELECT FROM cluster c WHERE c.id = ${id})`;
    await tx.sql`UPDATE cluster SET is_default = true WHERE id = ${id}`;
  }

  async delete(tx: TenantTx, id: string): Promise<void> {
    await tx.sql`DELETE FROM cluster WHERE id = ${id}`;
  }
}
