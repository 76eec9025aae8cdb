import type { RepositoryView } from '@coorchat/contracts';
import type { RepositoryRow } from './repository.store.js';

export function repositoryView(row: RepositoryRow): RepositoryView {
  return {
    id: row.id,
    url: row.fetchUrl,
    identity: row.identity,
    name: row.name,
    defaultBranch: row.defaultBranch,
    checks: row.checks,
    delivery: row.delivery,
    createdAt: row.createdAt.toISOString(),
  };
}
