import { machineExtension } from '@coorchat/a2a';
import type { MachineFacts } from '@coorchat/contracts';

export function facts(fields: Partial<MachineFacts> = {}): MachineFacts {
  return {
    platform: 'linux',
    architecture: 'x86_64',
    cpuCores: 8,
    memoryMb: 16_000,
    diskFreeMb: 100_000,
    gpu: null,
    labels: [],
    toolchains: [{ name: 'node', version: '24.21.0' }],
    repositories: [],
    sandbox: 'bubblewrap',
    maxConcurrent: 2,
    mcpServers: [],
    ...fields,
  };
}

export function card(fields: Partial<MachineFacts> = {}, skills: string[] = ['code', 'node-dev']) {
  return {
    name: 'worker',
    description: 'A machine',
    version: '1.2.3',
    supportedInterfaces: [],
    capabilities: { streaming: true, extensions: [machineExtension(facts(fields))] },
    skills: skills.map((id) => ({ id, name: id, description: id, tags: [] })),
  };
}
