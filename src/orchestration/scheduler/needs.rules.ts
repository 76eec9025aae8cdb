import semver from 'semver';
import { EVERY_SKILL, listAllows, OWN_SERVER } from '../task/index.js';
import { lacksRepository } from './clone.rules.js';
import type { PlaceableMachine, PlaceableTask, UnmetNeed } from './placement.types.js';

type NeedRule = (task: PlaceableTask, machine: PlaceableMachine) => UnmetNeed[];

const lacking = (need: string, has: string | null): UnmetNeed[] => [{ need, has }];
const MET: UnmetNeed[] = [];

const platform: NeedRule = ({ needs }, { facts }) =>
  needs.platform === undefined || needs.platform === facts.platform
    ? MET
    : lacking(`platform ${needs.platform}`, facts.platform);

const architecture: NeedRule = ({ needs }, { facts }) =>
  needs.architecture === undefined || needs.architecture === facts.architecture
    ? MET
    : lacking(`architecture ${needs.architecture}`, facts.architecture);

function versionMatches(version: string, range: string): boolean {
  if (range === '*' || range === '') return true;
  const coerced = semver.coerce(version);
  return coerced !== null && semver.satisfies(coerced, range, { includePrerelease: true });
}

const toolchains: NeedRule = ({ needs }, { facts }) =>
  Object.entries(needs.toolchains ?? {}).flatMap(([name, range]) => {
    const installed = facts.toolchains.filter((toolchain) => toolchain.name === name);
    if (installed.some(({ version }) => versionMatches(version, range))) return MET;
    const has = installed.map(({ version }) => `${name} ${version}`).join(', ');
    return lacking(range === '*' ? `toolchain ${name}` : `toolchain ${name} ${range}`, has === '' ? null : has);
  });

const labels: NeedRule = ({ needs }, { facts }) =>
  (needs.labels ?? [])
    .filter((label) => !facts.labels.includes(label))
    .map((label) => ({ need: `label ${label}`, has: null }));

const gpu: NeedRule = ({ needs }, { facts }) => {
  if (needs.gpu === undefined) return MET;
  if (needs.gpu === true) return facts.gpu === null ? lacking('a GPU', null) : MET;
  const matches = facts.gpu?.toLowerCase().includes(needs.gpu.toLowerCase()) ?? false;
  return matches ? MET : lacking(`GPU ${needs.gpu}`, facts.gpu);
};

const memory: NeedRule = ({ needs }, { facts }) =>
  facts.memoryMb >= (needs.memoryMb ?? 0) ? MET : lacking(`${needs.memoryMb} MB of memory`, `${facts.memoryMb} MB`);

const cpu: NeedRule = ({ needs }, { facts }) =>
  facts.cpuCores >= (needs.cpuCores ?? 0) ? MET : lacking(`${needs.cpuCores} CPU cores`, `${facts.cpuCores}`);

const offer: NeedRule = ({ skill }, machine) =>
  skill === null || machine.skills.includes(skill) ? MET : lacking(`skill ${skill}`, null);

/** What its owner lets the machine be used for. */
const grant: NeedRule = ({ neededSkill }, machine) =>
  listAllows(machine.grantedSkills, neededSkill)
    ? MET
    : lacking(
        neededSkill === EVERY_SKILL
          ? 'a grant for every skill (the task names none)'
          : `a grant for skill ${neededSkill}`,
        `grants for ${machine.grantedSkills.join(', ') || 'none'}`,
      );

const mcpServer: NeedRule = ({ tool }, machine) =>
  tool?.server === undefined || tool.server === OWN_SERVER
    ? MET
    : machine.mcpServers.includes(tool.server)
      ? MET
      : lacking(`MCP server ${tool.server}`, null);

/** Machines of other owners must confine what they run. */
const confinement: NeedRule = (_task, machine) =>
  machine.trustClass !== 'own' && machine.sandbox === 'none' ? lacking('a sandbox (the machine is lent)', 'none') : MET;

const RULES: readonly NeedRule[] = [
  platform,
  architecture,
  toolchains,
  labels,
  gpu,
  memory,
  cpu,
  offer,
  grant,
  lacksRepository,
  mcpServer,
  confinement,
];

/** Whether a grant is all that the machine lacks. */
export function lacksOnlyGrant(task: PlaceableTask, machine: PlaceableMachine): boolean {
  return grant(task, machine).length > 0 && RULES.every((rule) => rule === grant || rule(task, machine).length === 0);
}

/** Every hard need of the task that the machine lacks; none means that the machine would do. */
export function unmetNeeds(task: PlaceableTask, machine: PlaceableMachine): UnmetNeed[] {
  return RULES.flatMap((rule) => rule(task, machine));
}
