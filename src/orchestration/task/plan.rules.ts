import { type Constraints, MAX_PLAN_TASKS, type Plan, type PlannedTask } from '@coorchat/contracts';
import semver from 'semver';
import { findCycle } from './cycle.rules.js';
import { OWN_SERVER } from './graph.rules.js';
import type { PlannableSkills } from './skill.rules.js';
import type { PlanFault } from './work.types.js';

export interface PlanContext {
  /** Skills that machines of the pool offer; undefined when they are not known. */
  readonly skills?: ReadonlySet<string>;
  /** For a planner's plan: what its tasks may ask for, and whether they may ask for none. */
  readonly allowed?: PlannableSkills;
  readonly constraints: Constraints;
  /** Keys that the graph has already. */
  readonly takenKeys?: readonly string[];
}

type TaskRule = (task: PlannedTask, path: string, plan: Plan, context: PlanContext) => PlanFault[];

const fault = (code: string, path: string, message: string): PlanFault => ({ code: `task.${code}`, path, message });

const dependencies: TaskRule = (task, path, plan) => {
  const keys = new Set(plan.tasks.map(({ key }) => key));
  return task.dependsOn.flatMap((key, index) =>
    keys.has(key)
      ? []
      : [
          fault(
            'plan_unknown_dependency',
            `${path}.dependsOn[${index}]`,
            `"${task.key}" depends on "${key}", which is no task of the plan`,
          ),
        ],
  );
};

const listed = (skills: Iterable<string>): string => [...skills].sort().slice(0, 50).join(', ') || 'none';

const skill: TaskRule = (task, path, _plan, { skills, allowed }) => {
  if (task.skill === undefined || skills === undefined || skills.has(task.skill)) return [];
  const message = `no machine offers skill "${task.skill}"; known skills: ${listed(allowed?.named ?? skills)}`;
  return [fault('plan_unknown_skill', `${path}.skill`, message)];
};

const allowedSkill: TaskRule = (task, path, _plan, { skills, allowed }) => {
  if (allowed === undefined) return [];
  if (task.skill === undefined) {
    const message = `"${task.key}" must name one of these skills: ${listed(allowed.named)}`;
    return allowed.unnamed ? [] : [fault('plan_skill_missing', `${path}.skill`, message)];
  }
  if (allowed.named.includes(task.skill) || skills?.has(task.skill) === false) return [];
  const message = `skill "${task.skill}" is not allowed here; allowed skills: ${listed(allowed.named)}`;
  return [fault('plan_skill_refused', `${path}.skill`, message)];
};

const tool: TaskRule = (task, path) => {
  if (task.tool?.server === OWN_SERVER)
    return [fault('plan_tool_unexpected', `${path}.tool.server`, `"${OWN_SERVER}" stands for our own steps`)];
  if ((task.kind === 'tool') === (task.tool !== undefined)) return [];
  return task.kind === 'tool'
    ? [fault('plan_tool_missing', `${path}.tool`, `"${task.key}" is a tool task and names no tool`)]
    : [fault('plan_tool_unexpected', `${path}.tool`, `"${task.key}" is an agent task and cannot name a tool`)];
};

const ranges: TaskRule = (task, path) =>
  Object.entries(task.needs.toolchains ?? {}).flatMap(([name, range]) =>
    semver.validRange(range) === null
      ? [fault('plan_bad_version_range', `${path}.needs.toolchains.${name}`, `"${range}" is no version range`)]
      : [],
  );

const platform: TaskRule = (task, path, _plan, { constraints }) => {
  const { platform: own } = task.needs;
  const asked = constraints.platform;
  if (own === undefined || asked === undefined || own === asked) return [];
  const message = `"${task.key}" needs ${own}, but the work request asks for ${asked}`;
  return [fault('plan_constraint_conflict', `${path}.needs.platform`, message)];
};

const takenKey: TaskRule = ({ key }, path, _plan, { takenKeys }) =>
  takenKeys?.includes(key) ? [fault('plan_duplicate_key', `${path}.key`, `"${key}" is a key of our own steps`)] : [];

const TASK_RULES: readonly TaskRule[] = [takenKey, dependencies, skill, allowedSkill, tool, ranges, platform];

function duplicateKeys({ tasks }: Plan): PlanFault[] {
  const first = new Map<string, number>();
  return tasks.flatMap(({ key }, index) => {
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, index);
    return earlier === undefined
      ? []
      : [fault('plan_duplicate_key', `tasks[${index}].key`, `"${key}" is already the key of tasks[${earlier}]`)];
  });
}

function size({ tasks }: Plan): PlanFault[] {
  if (tasks.length === 0) return [fault('plan_empty', 'tasks', 'the plan has no tasks')];
  if (tasks.length <= MAX_PLAN_TASKS) return [];
  return [
    fault('plan_too_large', 'tasks', `the plan has ${tasks.length} tasks; at most ${MAX_PLAN_TASKS} are allowed`),
  ];
}

function cycle({ tasks }: Plan): PlanFault[] {
  const found = findCycle(tasks);
  if (!found) return [];
  const index = tasks.findIndex(({ key }) => key === found[0]);
  return [fault('plan_cycle', `tasks[${index}].dependsOn`, `tasks wait for each other: ${found.join(' → ')}`)];
}

/** Every fault of a plan, with its place; none means that the plan can be stored. */
export function planFaults(plan: Plan, context: PlanContext): PlanFault[] {
  const tooLarge = size(plan);
  if (tooLarge.length > 0) return tooLarge;
  const perTask = plan.tasks.flatMap((task, index) =>
    TASK_RULES.flatMap((rule) => rule(task, `tasks[${index}]`, plan, context)),
  );
  return [...duplicateKeys(plan), ...perTask, ...cycle(plan)];
}
