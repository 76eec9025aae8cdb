import type { PlannedTask } from '@coorchat/contracts';
import fc from 'fast-check';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { findCycle } from './cycle.rules.js';
import { completeGraph, type GraphContext, sinksOf } from './graph.rules.js';
import { mergeNeeds, mergeToolchains } from './needs.rules.js';

const agent = (key: string, dependsOn: string[] = []): PlannedTask => ({
  key,
  kind: 'agent',
  title: key,
  description: '',
  needs: {},
  dependsOn,
});
const tool = (key: string, name: string, dependsOn: string[] = [], server?: string): PlannedTask => ({
  ...agent(key, dependsOn),
  kind: 'tool',
  tool: { ...(server !== undefined && { server }), name, arguments: {} },
});

const CODE: GraphContext = { constraints: {}, hasRepository: true, needsPrepare: true };
const shape = (tasks: PlannedTask[], context: GraphContext = CODE) =>
  completeGraph({ tasks }, context).map(({ key, role, dependsOn }) => `${role}:${key}<${dependsOn.join(',')}`);

describe('completeGraph', () => {
  it('prepares before all roots and integrates after all sinks', () => {
    expect(shape([agent('a'), agent('b'), agent('c', ['a'])])).toEqual([
      'prepare:prepare<',
      'work:a<prepare',
      'work:b<prepare',
      'work:c<a',
      'integrate:integrate<b,c',
    ]);
  });

  it('makes the one tool task at the end the integrating one', () => {
    expect(shape([agent('a'), tool('test', 'run_tests', ['a'])])).toEqual([
      'prepare:prepare<',
      'work:a<prepare',
      'integrate:test<a',
    ]);
  });

  it('takes the name of the toolbox for the toolbox', () => {
    const plan = { tasks: [agent('a'), tool('test', 'run_tests', ['a'], 'toolbox')] };
    const [, , test] = completeGraph(plan, CODE);
    expect(test).toMatchObject({ key: 'test', role: 'integrate', tool: { name: 'run_tests', arguments: {} } });
    expect(test?.tool).not.toHaveProperty('server');
  });

  it('adds nothing without a repository', () => {
    expect(shape([agent('a'), agent('b')], { ...CODE, hasRepository: false, needsPrepare: false })).toEqual([
      'work:a<',
      'work:b<',
    ]);
  });

  it('integrates nothing when no task can change code', () => {
    expect(shape([tool('t', 'run_tests'), tool('b', 'build')])).toEqual([
      'prepare:prepare<',
      'work:t<prepare',
      'work:b<prepare',
    ]);
  });

  it('trusts no foreign server to merge or to leave the code alone', () => {
    expect(shape([agent('a'), tool('notify', 'post', ['a'], 'slack')], { ...CODE, needsPrepare: false })).toEqual([
      'work:a<',
      'work:notify<a',
      'integrate:integrate<notify',
    ]);
  });

  it('finds other keys when the plan uses ours', () => {
    expect(shape([agent('prepare'), agent('integrate', ['prepare'])])).toEqual([
      'prepare:prepare-2<',
      'work:prepare<prepare-2',
      'work:integrate<prepare',
      'integrate:integrate-2<integrate',
    ]);
  });

  it('hangs the roots on a prepare task that is stored already', () => {
    const context = { ...CODE, needsPrepare: false, preparedBy: 'prepare' };
    expect(shape([agent('a'), agent('b', ['a'])], context)).toEqual([
      'work:a<prepare',
      'work:b<a',
      'integrate:integrate<b',
    ]);
  });

  it('keeps any graph that changes code acyclic, with one root and one integrating sink', () => {
    const plans = fc
      .integer({ min: 1, max: 20 })
      .chain((count) =>
        fc.tuple(
          ...Array.from({ length: count }, (_, index) =>
            fc
              .tuple(fc.subarray(Array.from({ length: index }, (__, earlier) => `t${earlier}`)), fc.boolean())
              .map(([dependsOn, isAgent]) =>
                isAgent || index === 0 ? agent(`t${index}`, dependsOn) : tool(`t${index}`, 'run_tests', dependsOn),
              ),
          ),
        ),
      );
    fc.assert(
      fc.property(plans, (tasks) => {
        const graph = completeGraph({ tasks }, CODE);
        expect(findCycle(graph)).toBeUndefined();
        expect(graph.filter(({ dependsOn }) => dependsOn.length === 0).map(({ role }) => role)).toEqual(['prepare']);
        const sinks = sinksOf(graph);
        expect(graph.filter(({ key }) => sinks.includes(key)).map(({ role }) => role)).toEqual(['integrate']);
        expect(graph.filter(({ role }) => role === 'integrate')).toHaveLength(1);
        expect(new Set(graph.map(({ key }) => key)).size).toBe(graph.length);
      }),
    );
  });
});

describe('mergeNeeds', () => {
  it('joins what the task and the request ask for', () => {
    expect(
      mergeNeeds(
        { toolchains: { node: '>=20', go: '*' }, labels: ['gpu'], memoryMb: 512 },
        { platform: 'linux', toolchains: { node: '<25', python: '>=3' }, labels: ['gpu', 'zone=eu'] },
      ),
    ).toEqual({
      platform: 'linux',
      toolchains: { node: '>=20 <25', go: '*', python: '>=3' },
      labels: ['gpu', 'zone=eu'],
      memoryMb: 512,
    });
  });

  it('accepts a version exactly when every range accepts it', () => {
    const range = fc.constantFrom('*', '>=20', '<22', '^18 || ^20', '20.x || >=23', '>=18 <24');
    const version = fc
      .tuple(fc.integer({ min: 16, max: 25 }), fc.nat(3))
      .map(([major, minor]) => `${major}.${minor}.0`);
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 3 }), version, (all, candidate) => {
        const merged = mergeToolchains(all.map((node) => ({ node }))).node ?? '';
        expect(semver.satisfies(candidate, merged)).toBe(all.every((one) => semver.satisfies(candidate, one)));
      }),
    );
  });
});
