import type { PlannedTask } from '@coorchat/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCycle } from './cycle.rules.js';
import { planFaults } from './plan.rules.js';

const agent = (key: string, dependsOn: string[] = [], more: Partial<PlannedTask> = {}): PlannedTask => ({
  key,
  kind: 'agent',
  title: key,
  description: '',
  needs: {},
  dependsOn,
  ...more,
});

const codes = (tasks: PlannedTask[], context: Partial<Parameters<typeof planFaults>[1]> = {}) =>
  planFaults({ tasks }, { constraints: {}, ...context }).map(({ code, path }) => `${code} ${path}`);

/** Edges only from later to earlier tasks: never a cycle. */
const acyclic = fc
  .integer({ min: 1, max: 30 })
  .chain((count) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, index) =>
        fc
          .subarray(Array.from({ length: index }, (__, earlier) => `t${earlier}`))
          .map((dependsOn) => agent(`t${index}`, dependsOn)),
      ),
    ),
  );

describe('planFaults', () => {
  it('finds nothing wrong with any acyclic plan', () => {
    fc.assert(
      fc.property(acyclic, (tasks) => {
        expect(codes(tasks)).toEqual([]);
      }),
    );
  });

  it('lets no plan call what the worker does by itself', () => {
    const task = agent('a', [], {
      kind: 'tool',
      tool: { server: 'coorchat', name: 'prepare_repository', arguments: {} },
    });
    expect(codes([task])).toEqual(['task.plan_tool_unexpected tasks[0].tool.server']);
  });

  it('finds a cycle as soon as an edge closes one, in whatever order the tasks stand', () => {
    const closed = acyclic
      .filter((tasks) => tasks.some(({ dependsOn }) => dependsOn.length > 0))
      .chain((tasks) => fc.tuple(fc.constant(tasks), fc.nat(), fc.integer()))
      .map(([tasks, pick, seed]) => {
        const dependents = tasks.filter(({ dependsOn }) => dependsOn.length > 0);
        const from = dependents[pick % dependents.length];
        const back = from?.dependsOn[0];
        const looped = tasks.map((task) =>
          task.key === back && from ? { ...task, dependsOn: [...task.dependsOn, from.key] } : task,
        );
        return seed % 2 === 0 ? looped : looped.reverse();
      });
    fc.assert(
      fc.property(closed, (tasks) => {
        expect(codes(tasks).filter((code) => code.startsWith('task.plan_cycle'))).toHaveLength(1);
        const path = findCycle(tasks) ?? [];
        expect(path.at(0)).toBe(path.at(-1));
        for (const [index, key] of path.slice(0, -1).entries())
          expect(tasks.find((task) => task.key === key)?.dependsOn).toContain(path[index + 1]);
      }),
    );
  });

  it('calls a task that waits for itself a cycle', () => {
    expect(codes([agent('a', ['a'])])).toEqual(['task.plan_cycle tasks[0].dependsOn']);
  });

  it('names dependencies that are no task of the plan', () => {
    expect(codes([agent('a'), agent('b', ['a', 'ghost'])])).toEqual([
      'task.plan_unknown_dependency tasks[1].dependsOn[1]',
    ]);
  });

  it('names keys that stand twice or that are taken', () => {
    expect(codes([agent('a'), agent('a')])).toEqual(['task.plan_duplicate_key tasks[1].key']);
    expect(codes([agent('prepare')], { takenKeys: ['prepare'] })).toEqual(['task.plan_duplicate_key tasks[0].key']);
  });

  it('names skills that no machine offers', () => {
    const plan = [agent('a', [], { skill: 'node-dev' }), agent('b', [], { skill: 'cobol-dev' })];
    expect(codes(plan, { skills: new Set(['node-dev']) })).toEqual(['task.plan_unknown_skill tasks[1].skill']);
    expect(codes(plan)).toEqual([]);
  });

  it('names version ranges that are none, and platforms that contradict the request', () => {
    expect(codes([agent('a', [], { needs: { toolchains: { node: 'newest' } } })])).toEqual([
      'task.plan_bad_version_range tasks[0].needs.toolchains.node',
    ]);
    expect(codes([agent('a', [], { needs: { platform: 'linux' } })], { constraints: { platform: 'windows' } })).toEqual(
      ['task.plan_constraint_conflict tasks[0].needs.platform'],
    );
  });

  it('lists every fault at once', () => {
    expect(codes([agent('a', ['x'], { skill: 'no' }), agent('a', ['a'])], { skills: new Set() })).toHaveLength(4);
  });

  it('keeps a planner to the skills that everybody allows, and tells it which ones', () => {
    const context = { constraints: {}, skills: new Set(['a', 'b']), allowed: { named: ['a'], unnamed: false } };
    const tasks = [undefined, 'a', 'b', 'c'].map((skill, n) =>
      agent(`t${n}`, [], skill === undefined ? {} : { skill }),
    );
    expect(planFaults({ tasks }, context).map(({ code, path, message }) => [code, path, message])).toEqual([
      ['task.plan_skill_missing', 'tasks[0].skill', '"t0" must name one of these skills: a'],
      ['task.plan_skill_refused', 'tasks[2].skill', 'skill "b" is not allowed here; allowed skills: a'],
      ['task.plan_unknown_skill', 'tasks[3].skill', 'no machine offers skill "c"; known skills: a'],
    ]);
    const open = { ...context, allowed: { named: ['a', 'b'], unnamed: true } };
    expect(planFaults({ tasks: tasks.slice(0, 3) }, open)).toEqual([]);
  });
});
