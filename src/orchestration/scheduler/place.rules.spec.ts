import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unmetNeeds } from './needs.rules.js';
import { place } from './place.rules.js';
import type { PlaceableMachine, PlaceableTask } from './placement.types.js';

const REPO = 'git.example/shop';

function task(fields: Partial<PlaceableTask> = {}): PlaceableTask {
  return {
    taskId: 'tsk_a',
    orgId: 'org_a',
    clusterId: 'clu_a',
    role: 'work',
    kind: 'agent',
    skill: null,
    neededSkill: fields.skill ?? '*',
    submitterSkills: ['*'],
    policy: { skills: ['*'], maxConcurrentTasks: null },
    needs: {},
    tool: null,
    repository: null,
    avoidWorkers: [],
    upstreamWorkers: [],
    ...fields,
  };
}

function machine(
  name: string,
  fields: Partial<PlaceableMachine> = {},
  facts: Partial<PlaceableMachine['facts']> = {},
): PlaceableMachine {
  return {
    workerId: `wrk_${name}`,
    name,
    facts: {
      platform: 'linux',
      architecture: 'x86_64',
      cpuCores: 8,
      memoryMb: 16_000,
      gpu: null,
      labels: [],
      toolchains: [{ name: 'node', version: '24.21.0' }],
      repositories: [],
      ...facts,
    },
    skills: ['code', 'node-dev'],
    grantedSkills: ['*'],
    mcpServers: [],
    cloning: 'none',
    sandbox: 'bubblewrap',
    trustClass: 'own',
    maxConcurrent: 2,
    connected: true,
    paused: false,
    draining: false,
    takenSlots: new Set(),
    tasksCompleted: 0,
    tasksFailed: 0,
    ...fields,
  };
}

const reasonFor = (given: PlaceableTask, machines: PlaceableMachine[]) => place([given], machines).waiting[0]?.reason;

describe('place', () => {
  it('prefers the machine that has the repository cloned', () => {
    const clone = machine('b', {}, { repositories: [{ url: REPO, shallow: false }] });
    const { placed } = place([task({ repository: { identity: REPO, baseBundle: true } })], [machine('a'), clone]);
    expect(placed[0]).toMatchObject({ workerId: 'wrk_b', slot: 0 });
    expect(placed[0]?.reasons).toContain('has the repository cloned');
  });

  it('prefers the machine that made the upstream commits among equals', () => {
    const { placed } = place([task({ upstreamWorkers: ['wrk_b'] })], [machine('a'), machine('b')]);
    expect(placed[0]?.workerId).toBe('wrk_b');
  });

  it('spreads tasks over equal machines', () => {
    const tasks = ['1', '2', '3', '4'].map((id) => task({ taskId: id }));
    const { placed } = place(tasks, [machine('a'), machine('b')]);
    expect(placed.map(({ workerId, slot }) => `${workerId}:${slot}`)).toEqual([
      'wrk_a:0',
      'wrk_b:0',
      'wrk_a:1',
      'wrk_b:1',
    ]);
  });

  it('says that a machine is the only one with what the task needs', () => {
    const { placed } = place(
      [task({ needs: { labels: ['gpu'] } })],
      [machine('a'), machine('b', {}, { labels: ['gpu'] })],
    );
    expect(placed[0]?.reasons[0]).toBe('the only machine with label gpu');
  });

  describe('preparing a repository', () => {
    const prepare = (identity = REPO) =>
      task({ role: 'prepare', kind: 'tool', neededSkill: null, repository: { identity, baseBundle: false } });
    const cloned = (name: string, shallow: boolean, fields: Partial<PlaceableMachine> = {}) =>
      machine(name, fields, { repositories: [{ url: REPO, shallow }] });
    const cloner = (name: string, fields: Partial<PlaceableMachine> = {}) =>
      machine(name, { cloning: 'hosts', ...fields });
    const chosen = (given: PlaceableTask, machines: PlaceableMachine[]) => place([given], machines).placed[0];

    it('happens where a full clone is', () => {
      expect(chosen(prepare(), [cloner('a'), cloned('b', true), cloned('c', false)])?.workerId).toBe('wrk_c');
    });

    it('waits for the machine with the clone while it is online, busy or not', () => {
      const busy = cloned('c', false, { takenSlots: new Set([0, 1]) });
      expect(reasonFor(prepare(), [cloner('a'), busy])?.message).toBe('Waiting for a free slot on c.');
    });

    it('is done by a machine that may clone, when no machine online has a clone', () => {
      const placed = chosen(prepare(), [cloner('a'), cloned('c', false, { connected: false })]);
      expect(placed?.workerId).toBe('wrk_a');
      expect(placed?.reasons).toContain('no machine that takes work has a full clone; this one may clone');
    });

    it('is done elsewhere after the machine with the clone failed', () => {
      const again = { ...prepare(), avoidWorkers: ['wrk_c'] };
      expect(chosen(again, [cloner('a'), cloned('c', false)])?.workerId).toBe('wrk_a');
    });

    it('says which machine would do, and why those online do not', () => {
      const reason = reasonFor(prepare(), [machine('a'), cloned('b', true), cloned('c', false, { connected: false })]);
      expect(reason).toMatchObject({ code: 'scheduler.machines_offline', details: { machines: ['wrk_c'] } });
      expect(reason?.message).toBe(
        'c would do, but is offline: start it. Of those online, a lacks a full clone of git.example/shop, or leave to ' +
          'clone it (it has no clone, and allowClone is off in its settings). b lacks a full clone of git.example/shop, ' +
          'or leave to clone it (it has a shallow clone, and allowClone is off in its settings).',
      );
    });

    it('says what is missing when nobody would do', () => {
      const reason = reasonFor(prepare(), [cloned('b', true)]);
      expect(reason?.code).toBe('scheduler.no_machine');
      expect(reason?.message).toContain(
        'a full clone of git.example/shop, or leave to clone it (it has a shallow clone',
      );
    });

    it('takes folders only from owners who allow them', () => {
      const folder = prepare('file:///srv/shop');
      expect(reasonFor(folder, [cloner('a')])?.message).toContain('allowFileRemotes is off');
      expect(chosen(folder, [cloner('a', { cloning: 'hosts_and_folders' })])?.workerId).toBe('wrk_a');
      expect(reasonFor(folder, [cloner('a', { cloning: 'hosts_and_folders', trustClass: 'lent' })])?.message).toContain(
        'it is lent',
      );
    });

    it('is left to a lent machine only when no other can', () => {
      const lent = cloner('a', { trustClass: 'lent' });
      expect(chosen(prepare(), [lent, cloner('b', { tasksFailed: 9 })])?.workerId).toBe('wrk_b');
      const placed = chosen(prepare(), [lent, cloner('b', { connected: false })]);
      expect(placed?.workerId).toBe('wrk_a');
      expect(placed?.reasons).toContain('no machine of the organization can prepare it');
    });
  });

  it("does not count on the clones of a lent machine's owner", () => {
    const lent = machine('a', { trustClass: 'lent' }, { repositories: [{ url: REPO, shallow: false }] });
    expect(reasonFor(task({ repository: { identity: REPO, baseBundle: false } }), [lent])?.code).toBe(
      'scheduler.no_machine',
    );
    expect(reasonFor(task({ repository: { identity: REPO, baseBundle: true } }), [lent])).toBeUndefined();
  });

  it('avoids a machine that failed the task, unless nothing else would do', () => {
    const failedOnA = task({ avoidWorkers: ['wrk_a'] });
    expect(place([failedOnA], [machine('a'), machine('b')]).placed[0]?.workerId).toBe('wrk_b');
    expect(place([failedOnA], [machine('a'), machine('b', { connected: false })]).placed[0]?.workerId).toBe('wrk_a');
  });

  it('does not give lent machines work that they would run unconfined', () => {
    expect(reasonFor(task(), [machine('a', { trustClass: 'lent', sandbox: 'none' })])?.message).toContain('sandbox');
  });

  it('leaves slots to others when a limit is reached', () => {
    const policy = { skills: ['*'], maxConcurrentTasks: 1 };
    const [first, second, other] = ['1', '2', '3'].map((taskId) =>
      task({ taskId, ...(taskId === '3' ? { orgId: 'org_b', clusterId: 'clu_b' } : { policy }) }),
    ) as [PlaceableTask, PlaceableTask, PlaceableTask];
    const { placed, waiting } = place([first, second, other], [machine('a')]);
    expect(placed.map(({ taskId }) => taskId)).toEqual(['1', '3']);
    expect(waiting).toMatchObject([{ taskId: '2', reason: { code: 'scheduler.cluster_limit' } }]);
  });

  it('says what machines lack rather than that a limit is reached', () => {
    const policy = { skills: ['*'], maxConcurrentTasks: 0 };
    expect(reasonFor(task({ policy, needs: { labels: ['gpu'] } }), [machine('a')])?.code).toBe('scheduler.no_machine');
  });

  it.each([
    [{}, {}, 'scheduler.machines_busy', { takenSlots: new Set([0, 1]) }],
    [{}, {}, 'scheduler.machines_offline', { connected: false }],
    [{}, {}, 'scheduler.machines_paused', { paused: true }],
    [{ toolchains: { go: '>=1.22' } }, { toolchains: [{ name: 'go', version: '1.21.3' }] }, 'scheduler.no_machine', {}],
  ] as const)('explains why a task waits (%#)', (needs, facts, code, fields) => {
    const reason = reasonFor(task({ needs }), [machine('a', fields, facts)]);
    expect(reason?.code).toBe(code);
    expect(reason?.message).toContain('a');
  });

  it('names the need and what the nearest machine has instead', () => {
    const old = machine('a', {}, { toolchains: [{ name: 'go', version: '1.21.3' }] });
    const reason = reasonFor(task({ needs: { toolchains: { go: '>=1.22' } } }), [old]);
    expect(reason?.message).toContain('toolchain go >=1.22 (it has go 1.21.3)');
  });

  it('says so when no worker is enrolled', () => {
    expect(reasonFor(task(), [])?.code).toBe('scheduler.no_workers');
  });
});

const machines = fc
  .array(
    fc.record({
      labels: fc.subarray(['gpu', 'fast']),
      node: fc.constantFrom('18.1.0', '22.0.0', '24.21.0'),
      maxConcurrent: fc.integer({ min: 1, max: 4 }),
      taken: fc.subarray([0, 1, 2]),
      connected: fc.boolean(),
      paused: fc.boolean(),
      clone: fc.boolean(),
    }),
    { maxLength: 6 },
  )
  .map((rows) =>
    rows.map((row, index) =>
      machine(
        `m${index}`,
        { ...row, takenSlots: new Set(row.taken.filter((slot) => slot < row.maxConcurrent)) },
        {
          labels: row.labels,
          toolchains: [{ name: 'node', version: row.node }],
          repositories: row.clone ? [{ url: REPO, shallow: false }] : [],
        },
      ),
    ),
  );

const tasks = fc
  .array(
    fc.record({
      labels: fc.subarray(['gpu', 'fast']),
      node: fc.constantFrom('*', '>=20', '^24'),
      repository: fc.option(fc.record({ identity: fc.constant(REPO), baseBundle: fc.boolean() })),
      avoidWorkers: fc.subarray(['wrk_m0', 'wrk_m1']),
    }),
    { maxLength: 12 },
  )
  .map((rows) =>
    rows.map((row, index) =>
      task({ ...row, taskId: `tsk_${index}`, needs: { labels: row.labels, toolchains: { node: row.node } } }),
    ),
  );

describe('place, for any tasks and machines', () => {
  const find = <T>(rows: readonly T[], predicate: (row: T) => boolean): T => {
    const row = rows.find(predicate);
    if (row === undefined) throw new Error('not among the given rows');
    return row;
  };

  it('decides every task once and gives no slot twice', () => {
    fc.assert(
      fc.property(tasks, machines, (givenTasks, givenMachines) => {
        const { placed, waiting } = place(givenTasks, givenMachines);
        const decided = [...placed, ...waiting].map(({ taskId }) => taskId).sort();
        expect(decided).toEqual(givenTasks.map(({ taskId }) => taskId).sort());
        const slots = placed.map(({ workerId, slot }) => `${workerId}:${slot}`);
        expect(new Set(slots).size).toBe(slots.length);
      }),
    );
  });

  it('chooses only connected machines that meet every need and have the slot free', () => {
    fc.assert(
      fc.property(tasks, machines, (givenTasks, givenMachines) => {
        for (const { taskId, workerId, slot } of place(givenTasks, givenMachines).placed) {
          const chosen = find(givenMachines, (candidate) => candidate.workerId === workerId);
          const given = find(givenTasks, (candidate) => candidate.taskId === taskId);
          expect(unmetNeeds(given, chosen)).toEqual([]);
          expect(chosen.connected && !chosen.paused).toBe(true);
          expect(slot).toBeLessThan(chosen.maxConcurrent);
          expect(chosen.takenSlots.has(slot)).toBe(false);
        }
      }),
    );
  });

  it('lets no task wait while a machine that would do, and did not fail it, has a free slot', () => {
    fc.assert(
      fc.property(tasks, machines, (givenTasks, givenMachines) => {
        const { placed, waiting } = place(givenTasks, givenMachines);
        for (const { taskId } of waiting) {
          const given = find(givenTasks, (candidate) => candidate.taskId === taskId);
          for (const candidate of givenMachines) {
            if (!candidate.connected || candidate.paused || given.avoidWorkers.includes(candidate.workerId)) continue;
            if (unmetNeeds(given, candidate).length > 0) continue;
            const used = placed.filter(({ workerId }) => workerId === candidate.workerId).length;
            expect(used + candidate.takenSlots.size).toBe(candidate.maxConcurrent);
          }
        }
      }),
    );
  });

  it('decides the same whenever it is asked the same', () => {
    fc.assert(
      fc.property(tasks, machines, (givenTasks, givenMachines) => {
        expect(place(givenTasks, [...givenMachines].reverse())).toEqual(place(givenTasks, givenMachines));
      }),
    );
  });
});
