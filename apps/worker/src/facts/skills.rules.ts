import type { AgentSkill } from '@a2a-js/sdk';
import type { MachineFacts } from '@coorchat/contracts';

interface SkillSource {
  readonly id: string;
  readonly name: string;
  /** One of these toolchains is enough. */
  readonly toolchains: readonly string[];
}

const DEVELOPMENT: readonly SkillSource[] = [
  { id: 'node-dev', name: 'JavaScript and TypeScript', toolchains: ['node', 'deno', 'bun'] },
  { id: 'python-dev', name: 'Python', toolchains: ['python'] },
  { id: 'java-dev', name: 'Java', toolchains: ['java'] },
  { id: 'go-dev', name: 'Go', toolchains: ['go'] },
  { id: 'rust-dev', name: 'Rust', toolchains: ['cargo', 'rust'] },
  { id: 'dotnet-dev', name: '.NET', toolchains: ['dotnet'] },
  { id: 'ruby-dev', name: 'Ruby', toolchains: ['ruby'] },
  { id: 'php-dev', name: 'PHP', toolchains: ['php'] },
  { id: 'c-dev', name: 'C and C++', toolchains: ['gcc', 'clang'] },
  { id: 'swift-dev', name: 'Swift', toolchains: ['swift', 'xcode'] },
  { id: 'elixir-dev', name: 'Elixir', toolchains: ['elixir'] },
  { id: 'docker-dev', name: 'Containers', toolchains: ['docker', 'podman'] },
];

function skill(fields: { id: string; name: string; description: string; tags: string[] }): AgentSkill {
  return { ...fields, examples: [], inputModes: [], outputModes: [], securityRequirements: [] };
}

/** What the machine can be asked for, from its toolchains and repositories. */
export function skillsOf(facts: MachineFacts, { agent }: { readonly agent: boolean }): AgentSkill[] {
  const versions = new Map(facts.toolchains.map(({ name, version }) => [name, version]));
  const skills = DEVELOPMENT.flatMap(({ id, name, toolchains }) => {
    const present = toolchains.filter((toolchain) => versions.has(toolchain));
    if (present.length === 0) return [];
    const tools = present.map((toolchain) => `${toolchain} ${versions.get(toolchain) ?? ''}`).join(', ');
    return [skill({ id, name, description: `Builds and tests ${name} projects with ${tools}.`, tags: present })];
  });
  if (!agent) return skills;
  const names = facts.repositories.map(({ name }) => name).slice(0, 20);
  const where = names.length > 0 ? ` Has these repositories: ${names.join(', ')}.` : '';
  const description = `Reads and changes code in git repositories with a coding agent.${where}`;
  return [skill({ id: 'code', name: 'Coding', description, tags: ['code', 'git'] }), ...skills];
}
