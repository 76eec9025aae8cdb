import { type MachineFacts, skillIdSchema } from '@coorchat/contracts';
import { describe, expect, it } from 'vitest';
import { skillsOf } from './skills.rules.js';
import { TOOLCHAIN_PROBES } from './toolchains.js';

const facts: MachineFacts = {
  platform: 'linux',
  architecture: 'x86_64',
  cpuCores: 2,
  memoryMb: 1,
  diskFreeMb: 1,
  gpu: null,
  labels: [],
  toolchains: [],
  repositories: [],
  sandbox: 'none',
  maxConcurrent: 1,
  mcpServers: [],
};

describe('skillsOf', () => {
  it('derives skills from toolchains, and coding from having an agent', () => {
    const toolchains = [
      { name: 'node', version: '24.1.0' },
      { name: 'git', version: '2.40.0' },
    ];
    const ids = skillsOf({ ...facts, toolchains }, { agent: true }).map(({ id }) => id);
    expect(ids).toEqual(['code', 'node-dev']);
    expect(skillsOf(facts, { agent: false })).toEqual([]);
  });

  it('gives every skill an id that catalog and planner understand', () => {
    const toolchains = TOOLCHAIN_PROBES.map(({ name }) => ({ name, version: '1.0' }));
    for (const { id } of skillsOf({ ...facts, toolchains }, { agent: true })) {
      expect(skillIdSchema.safeParse(id).success).toBe(true);
    }
  });
});
