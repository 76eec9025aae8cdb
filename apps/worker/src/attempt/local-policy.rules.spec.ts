import type { Assignment, Grant } from '@coorchat/a2a';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LocalPolicy, narrowGrant, type Occupancy, refusalOf } from './local-policy.rules.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const REPOSITORY = 'https://example.com/shop';

const grant: Grant = {
  version: 1,
  attemptId: 'att_1',
  taskId: 'tsk_1',
  workRequestId: 'wrq_1',
  orgId: 'org_a',
  providerOrgId: 'org_a',
  workerId: 'wrk_1',
  fence: 2,
  skill: null,
  repository: REPOSITORY,
  tools: ['*'],
  mcpServers: ['*'],
  network: 'full',
  commands: true,
  ownModelKey: false,
  budgetMicros: 1,
  maxDurationMs: 1000,
  issuedAt: '2026-11-21T11:00:00Z',
  expiresAt: '2026-11-21T13:00:00Z',
};

const assignment: Assignment = {
  version: 1,
  attemptId: 'att_1',
  fence: 2,
  key: 'k',
  role: 'work',
  kind: 'tool',
  title: 't',
  description: '',
  goal: '',
  model: null,
  tool: { name: 'run_tests', arguments: {} },
  repository: {
    url: REPOSITORY,
    ref: null,
    base: 'a'.repeat(40),
    objectFormat: 'sha1',
    branch: 'coorchat/x',
    baseBundle: null,
  },
  upstreams: [],
  checks: {},
  grant,
  api: { url: 'http://localhost', token: 'x' },
  leaseMs: 1,
};

const policy: LocalPolicy = {
  workerId: 'wrk_1',
  network: 'full',
  commands: true,
  sandbox: 'bubblewrap',
  mcpServers: ['db'],
  skills: ['code'],
  agent: true,
};
const idle: Occupancy = { running: 0, slots: 1, draining: false, journalFull: false };

function codeOf(
  changes: Partial<Assignment>,
  given: { policy?: Partial<LocalPolicy>; occupancy?: Partial<Occupancy> } = {},
): string | undefined {
  const refusal = refusalOf(
    { ...assignment, ...changes },
    { policy: { ...policy, ...given.policy }, occupancy: { ...idle, ...given.occupancy }, now: NOW },
  );
  return refusal?.code;
}

describe('refusalOf', () => {
  it('takes what is granted and allowed', () => {
    expect(codeOf({})).toBeUndefined();
    expect(codeOf({ grant: { ...grant, skill: 'code' } })).toBeUndefined();
  });

  it.each<[string, Partial<Assignment>]>([
    ['worker.grant_mismatch', { grant: { ...grant, attemptId: 'att_2' } }],
    ['worker.grant_mismatch', { grant: { ...grant, fence: 1 } }],
    ['worker.grant_of_other_worker', { grant: { ...grant, workerId: 'wrk_2' } }],
    ['worker.grant_expired', { grant: { ...grant, expiresAt: '2026-11-21T11:58:00Z' } }],
    ['worker.repository_not_granted', { grant: { ...grant, repository: 'https://example.com/other' } }],
    ['worker.no_repository', { role: 'prepare', repository: null }],
    ['worker.no_tool', { tool: null }],
    ['worker.skill_not_offered', { grant: { ...grant, skill: 'cuda' } }],
    ['worker.no_such_server', { tool: { server: 'mail', name: 'send', arguments: {} } }],
  ])('refuses with %s', (code, changes) => {
    expect(codeOf(changes)).toBe(code);
  });

  it('tolerates clocks that differ a little', () => {
    expect(codeOf({ grant: { ...grant, expiresAt: '2026-11-21T11:59:30Z' } })).toBeUndefined();
  });

  it('takes no work of others without a sandbox', () => {
    expect(codeOf({ grant: { ...grant, orgId: 'org_b' } }, { policy: { sandbox: 'none' } })).toBe(
      'worker.sandbox_required',
    );
    expect(codeOf({ grant: { ...grant, orgId: 'org_b' } })).toBeUndefined();
  });

  it('runs no commands that its owner forbids', () => {
    const tool = { name: 'run_command', arguments: {} };
    expect(codeOf({ tool }, { policy: { commands: false } })).toBe('worker.commands_forbidden');
  });

  it.each<[string, Partial<Occupancy>]>([
    ['worker.draining', { draining: true }],
    ['worker.journal_full', { journalFull: true }],
    ['worker.no_slot', { running: 1 }],
  ])('refuses with %s when it cannot take more', (code, occupancy) => {
    expect(codeOf({}, { occupancy })).toBe(code);
  });
});

describe('narrowGrant', () => {
  it('never allows more than either side', () => {
    const names = fc.uniqueArray(fc.constantFrom<string[]>('db', 'mail', 'web'));
    fc.assert(
      fc.property(
        fc.constantFrom('none' as const, 'full' as const),
        fc.constantFrom('none' as const, 'full' as const),
        fc.boolean(),
        fc.boolean(),
        fc.oneof(names, fc.constant<string[]>(['*'])),
        names,
        (granted, owned, grantedCommands, ownedCommands, grantedServers, ownedServers) => {
          const narrowed = narrowGrant(
            { ...grant, network: granted, commands: grantedCommands, mcpServers: grantedServers },
            { ...policy, network: owned, commands: ownedCommands, mcpServers: ownedServers },
          );
          expect(narrowed.network === 'full').toBe(granted === 'full' && owned === 'full');
          expect(narrowed.commands).toBe(grantedCommands && ownedCommands);
          for (const name of narrowed.mcpServers) {
            expect(ownedServers).toContain(name);
            expect(grantedServers.includes('*') || grantedServers.includes(name)).toBe(true);
          }
        },
      ),
    );
  });
});
