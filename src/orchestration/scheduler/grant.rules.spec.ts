import { describe, expect, it } from 'vitest';
import type { ReadyTask } from '../task/index.js';
import { grantOf } from './grant.rules.js';

const fields = {
  attemptId: 'att_a',
  fence: 1,
  workerId: 'wrk_a',
  providerOrgId: 'org_a',
  budgetMicros: 5,
  now: new Date('2026-11-21T12:00:00Z'),
};

const task: ReadyTask = {
  orgId: 'org_a',
  taskId: 'tsk_a',
  workRequestId: 'wrq_a',
  clusterId: 'clu_a',
  key: 'a',
  role: 'work',
  kind: 'agent',
  skill: 'node-dev',
  neededSkill: 'node-dev',
  submitterSkills: ['*'],
  needs: {},
  tool: null,
  repository: null,
  lastAttempt: 0,
  failures: 0,
  deadlineAt: new Date('2026-11-21T13:00:00Z'),
  readyAt: fields.now,
  avoidWorkers: [],
  upstreamWorkers: [],
  policy: { network: 'none', allowCommands: true, allowWorkerModelKey: false, skills: ['*'], maxConcurrentTasks: null },
  waitCode: null,
};
const tool = (name: string, server?: string): Partial<ReadyTask> => ({
  kind: 'tool',
  tool: { name, arguments: {}, ...(server && { server }) },
});

describe('the grant of an attempt', () => {
  it('names the skill for which it was placed, and what the cluster lets work do', () => {
    expect(grantOf(task, fields)).toMatchObject({ skill: 'node-dev', commands: true, network: 'none', tools: ['*'] });
    const policy = { ...task.policy, allowCommands: false };
    expect(grantOf({ ...task, policy }, fields).commands).toBe(false);
  });

  it.each([
    ['its tool', tool('read_file'), { tools: ['read_file'], mcpServers: [] }],
    ['its server', tool('query', 'db'), { tools: [], mcpServers: ['db'] }],
  ])('of a tool task allows %s and nothing else', (_what, given, allowed) => {
    expect(grantOf({ ...task, ...given }, fields)).toMatchObject(allowed);
  });

  it('of a step of our own runs no commands', () => {
    const own = { ...task, ...tool('run_tests'), role: 'integrate', skill: null, neededSkill: null } as const;
    expect(grantOf(own, fields)).toMatchObject({ skill: null, commands: false, tools: ['run_tests'] });
  });
});
