import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { place } from './place.rules.js';
import type { PlaceableMachine, PlaceableTask } from './placement.types.js';

const EVERY = ['*'];

function task(fields: Partial<PlaceableTask> = {}): PlaceableTask {
  return {
    ...{ taskId: 'tsk_a', orgId: 'org_a', clusterId: 'clu_a', role: 'work', kind: 'agent' },
    ...{ needs: {}, tool: null, repository: null, avoidWorkers: [], upstreamWorkers: [] },
    skill: null,
    neededSkill: fields.skill ?? '*',
    submitterSkills: EVERY,
    policy: { skills: EVERY, maxConcurrentTasks: null },
    ...fields,
  };
}

function machine(name: string, fields: Partial<PlaceableMachine> = {}): PlaceableMachine {
  const facts = { platform: 'linux', architecture: 'x86_64', cpuCores: 8, memoryMb: 16_000, gpu: null };
  return {
    ...{ workerId: `wrk_${name}`, name, facts: { ...facts, labels: [], toolchains: [], repositories: [] } },
    ...{ skills: ['code', 'node-dev'], grantedSkills: EVERY, mcpServers: [], cloning: 'none', sandbox: 'none' },
    ...{ trustClass: 'own', maxConcurrent: 2, connected: true, paused: false, draining: false },
    ...{ takenSlots: new Set<number>(), tasksCompleted: 0, tasksFailed: 0 },
    ...fields,
  };
}

const reasonFor = (given: PlaceableTask, machines: PlaceableMachine[]) => place([given], machines).waiting[0]?.reason;

describe('a task that waits because of its skill', () => {
  it('says that it goes beyond its submitter, and which scope would do', () => {
    const beyond = task({ skill: 'node-dev', submitterSkills: ['code'] });
    expect(reasonFor(beyond, [machine('a')])).toMatchObject({
      code: 'scheduler.skill_beyond_submitter',
      message: expect.stringContaining('skill:node-dev') as string,
    });
  });

  it('says that it goes beyond its cluster, and what to change there', () => {
    const policy = { skills: ['code'], maxConcurrentTasks: null };
    expect(reasonFor(task({ skill: 'node-dev', policy }), [machine('a')])).toMatchObject({
      code: 'scheduler.skill_beyond_cluster',
      message: expect.stringContaining('PATCH /v1/clusters/{id}') as string,
    });
  });

  it('names the machines that lack nothing but a grant', () => {
    const limited = machine('a', { grantedSkills: ['code'] });
    const reason = reasonFor(task({ skill: 'node-dev' }), [limited, machine('b', { skills: [] })]);
    expect(reason?.code).toBe('scheduler.skill_not_granted');
    expect(reason?.message).toBe(
      'a would do, but may not be given skill node-dev: grant it (PATCH /v1/workers/{id}, skills).',
    );
  });

  it('asks everybody for every skill when it names none, unless it is a step of our own', () => {
    const limited = machine('a', { grantedSkills: ['code'] });
    expect(reasonFor(task(), [limited])?.message).toContain('every skill (the task names none)');
    expect(reasonFor(task({ submitterSkills: ['code'] }), [machine('a')])?.message).toContain('skill:*');
    const own = task({ neededSkill: null, submitterSkills: ['code'] });
    expect(place([own], [limited]).placed).toHaveLength(1);
  });
});

const SKILLS = ['code', 'node-dev', 'go-dev'];
const list = fc.oneof(fc.constant(EVERY), fc.subarray(SKILLS));
const tasks = fc.array(
  fc.record({
    skill: fc.option(fc.constantFrom(...SKILLS)),
    isOwnStep: fc.boolean(),
    submitterSkills: list,
    cluster: list,
  }),
  { maxLength: 12 },
);
const machines = fc.array(fc.record({ skills: fc.subarray(SKILLS), grantedSkills: list, paused: fc.boolean() }), {
  maxLength: 5,
});
const allows = (skills: readonly string[], skill: string | null) =>
  skills.includes('*') || skills.includes(skill ?? '*');

describe('place, for any lists of skills', () => {
  it('places no task outside of what submitter, cluster and machine allow, and misses none inside', () => {
    let within = 0;
    fc.assert(
      fc.property(tasks, machines, (taskRows, machineRows) => {
        const roster = machineRows.map((row, n) => machine(`m${n}`, { ...row, maxConcurrent: 100 }));
        const given = taskRows.map(({ isOwnStep, cluster, ...row }, n) =>
          task({
            ...row,
            taskId: `tsk_${n}`,
            neededSkill: row.skill ?? (isOwnStep ? null : '*'),
            policy: { skills: cluster, maxConcurrentTasks: null },
          }),
        );
        const places = new Map(place(given, roster).placed.map(({ taskId, workerId }) => [taskId, workerId]));
        for (const { taskId, skill, neededSkill, submitterSkills, policy } of given) {
          const may = ({ skills, grantedSkills, paused }: PlaceableMachine) =>
            !paused &&
            (skill === null || skills.includes(skill)) &&
            (neededSkill === null ||
              [submitterSkills, policy.skills, grantedSkills].every((one) => allows(one, skill)));
          const able = roster.filter(may).map(({ workerId }) => workerId);
          const workerId = places.get(taskId);
          if (workerId === undefined) expect(able).toEqual([]);
          else expect(able).toContain(workerId);
          within += able.length;
        }
      }),
      { numRuns: 500 },
    );
    expect(within).toBeGreaterThan(0);
  });
});
