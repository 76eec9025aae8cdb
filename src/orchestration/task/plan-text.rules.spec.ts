import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultPath, parsePlan } from './plan-text.rules.js';

const codesOf = (input: unknown) => {
  const parsed = parsePlan(input);
  return 'faults' in parsed ? parsed.faults.map(({ code, path }) => `${code} ${path}`) : [];
};

describe('parsePlan', () => {
  it('reads YAML text and fills in defaults', () => {
    const parsed = parsePlan('tasks:\n  - key: fix\n    kind: agent\n    title: Fix it\n');
    expect(parsed).toEqual({
      plan: { tasks: [{ key: 'fix', kind: 'agent', title: 'Fix it', description: '', needs: {}, dependsOn: [] }] },
    });
  });

  it('reads JSON text, which is YAML too', () => {
    expect(parsePlan('{"tasks":[{"key":"a","kind":"agent","title":"A"}]}')).toHaveProperty('plan');
  });

  it('names the place of each fault', () => {
    const tasks = [
      { key: 'Bad Key', kind: 'agent', title: 'A' },
      { key: 'b', kind: 'tool', title: 'B' },
    ];
    expect(codesOf({ tasks })).toEqual(['task.plan_invalid tasks[0].key', 'task.plan_invalid tasks[1].tool']);
  });

  it('tells an empty plan and one that is too large from other faults', () => {
    const task = (_: unknown, index: number) => ({ key: `t${index}`, kind: 'agent', title: 'T' });
    expect(codesOf({ tasks: [] })).toEqual(['task.plan_empty tasks']);
    expect(codesOf({ tasks: Array.from({ length: 201 }, task) })).toEqual(['task.plan_too_large tasks']);
  });

  it('refuses texts that cannot be stored', () => {
    expect(codesOf('tasks:\n- {key: a, kind: agent, title: "a\\0b"}\n')).toEqual(['task.plan_invalid tasks[0].title']);
  });

  it('refuses aliases, which can stand for gigabytes', () => {
    const bomb = 'a: &a [x, x]\nb: &b [*a, *a]\ntasks: [*b, *b]\n';
    expect(codesOf(bomb)).toEqual(['task.plan_unreadable ']);
  });

  it.each(['tasks: [', '['.repeat(100_000), 'a: 1\na: 2', '', '--- 1\n--- 2', '{"__proto__": {"tasks": []}}'])(
    'refuses text that is no plan: %.30s',
    (text) => {
      expect(codesOf(text).length).toBeGreaterThan(0);
    },
  );

  it.each([65, 100_000])('refuses JSON text that nests %i levels deep', (depth) => {
    const tool = `{"name":"x","arguments":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
    const text = `{"tasks":[{"key":"a","kind":"tool","title":"A","tool":${tool}}]}`;
    expect(codesOf(text)).toEqual(['task.plan_unreadable ']);
  });

  it.each([
    ['flow', '['.repeat(490_000)],
    ['items', '- '.repeat(240_000)],
    ['explicit keys', '? '.repeat(240_000)],
    ['anchors', '&a '.repeat(160_000)],
    ['keys', Array.from({ length: 11_000 }, (_, key) => `k${key}: 1`).join('\n')],
    ['indentation', Array.from({ length: 900 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['key values', `{${'a: {a: 1}, '.repeat(8_000)}}`],
    ['colons', ': '.repeat(20_000)],
  ])('reads hostile %s fast', (_, text) => {
    const startedAt = performance.now();
    expect(codesOf(text).length).toBeGreaterThan(0);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect(Object.keys(parsePlan(text))).toHaveLength(1);
      }),
    );
  });
});

describe('faultPath', () => {
  it('writes numbers as indexes', () => {
    expect(faultPath(['tasks', 2, 'needs', 'toolchains'])).toBe('tasks[2].needs.toolchains');
  });
});
