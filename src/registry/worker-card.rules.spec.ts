import { MACHINE_EXTENSION_URI } from '@coorchat/a2a';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyCard } from './worker-card.rules.js';

const repository = (url: string) => ({ name: 'r', url, defaultBranch: null, head: null, shallow: false });
const facts = {
  platform: 'linux',
  architecture: 'arm64',
  cpuCores: 4,
  memoryMb: 8_000,
  diskFreeMb: 1_000,
  gpu: null,
  labels: [],
  toolchains: [],
  repositories: [
    repository('git@HOST.example:a/b.git'),
    repository('ssh://host.example/a/b'),
    repository('https://u:p@x.example/r'),
  ],
  sandbox: 'none',
  maxConcurrent: 1,
  mcpServers: [],
};
const card = {
  name: 'w',
  capabilities: { extensions: [{ uri: MACHINE_EXTENSION_URI, params: facts }] },
  skills: [{ id: 'a' }, { id: 'a' }],
};

describe('verifyCard', () => {
  it('spells repositories in one way and leaves out those that mean nothing elsewhere', () => {
    const verdict = verifyCard(card);
    expect(verdict).toMatchObject({
      ok: true,
      value: { skills: ['a'], facts: { repositories: [{ url: 'host.example/a/b' }] } },
    });
    expect(verdict.ok && verdict.value.facts.repositories).toHaveLength(1);
  });

  it('names what is wrong, with its path', () => {
    const broken = {
      ...card,
      capabilities: { extensions: [{ uri: MACHINE_EXTENSION_URI, params: { ...facts, cpuCores: 0 } }] },
    };
    expect(verifyCard(broken)).toEqual({ ok: false, faults: [expect.stringContaining('machine.cpuCores')] });
    expect(verifyCard({ ...card, skills: [{ id: 'Not An Id' }] })).toEqual({
      ok: false,
      faults: [expect.stringContaining('card.skills.0.id')],
    });
  });

  it('never throws, whatever a machine says', () => {
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => void expect(verifyCard(value).ok).toBe(false)));
  });
});
