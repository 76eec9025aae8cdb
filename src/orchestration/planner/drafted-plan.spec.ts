import { describe, expect, it } from 'vitest';
import { readDraft } from './drafted-plan.schema.js';

const TASK = {
  key: 'fix',
  kind: 'agent',
  title: 'Fix it',
  description: 'Do.',
  skill: null,
  dependsOn: [],
  needs: { platform: null, labels: [], toolchains: [] },
  tool: null,
  estimatedCostUsd: null,
};
const read = (...tasks: object[]) => readDraft(JSON.stringify({ tasks }));

describe('readDraft', () => {
  it('turns lists and JSON text into the plan’s own shape', () => {
    const tool = { server: null, name: 'run_tests', arguments: '{"check":"tests"}' };
    const needs = { platform: 'linux', labels: ['gpu'], toolchains: [{ name: 'node', range: '>=20' }] };
    const outcome = read({ ...TASK, needs }, { ...TASK, key: 'check', kind: 'tool', tool, dependsOn: ['fix'] });
    expect('plan' in outcome && outcome.plan.tasks).toMatchObject([
      { key: 'fix', needs: { platform: 'linux', labels: ['gpu'], toolchains: { node: '>=20' } } },
      { key: 'check', tool: { name: 'run_tests', arguments: { check: 'tests' } }, dependsOn: ['fix'] },
    ]);
  });

  it.each([
    ['no JSON', 'Here is the plan:'],
    [
      'arguments that are no JSON',
      JSON.stringify({ tasks: [{ ...TASK, kind: 'tool', tool: { server: null, name: 'x', arguments: '{' } }] }),
    ],
    ['an unusable key', JSON.stringify({ tasks: [{ ...TASK, key: 'Not A Key' }] })],
    ['a tool task without its tool', JSON.stringify({ tasks: [{ ...TASK, kind: 'tool' }] })],
    ['no task at all', JSON.stringify({ tasks: [] })],
  ])('says what is wrong with %s', (_what, answer) => {
    const outcome = readDraft(answer);
    expect('faults' in outcome && outcome.faults.length).toBeGreaterThan(0);
  });
});
