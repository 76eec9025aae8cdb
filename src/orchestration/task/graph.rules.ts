import { type Constraints, type Needs, type Plan, type PlannedTask, type ToolCall } from '@coorchat/contracts';
import { usdToMicros } from '@coorchat/kernel';
import { mergeNeeds, mergeToolchains, prepareNeeds } from './needs.rules.js';

/** A task as it is stored. `dependsOn` holds keys of the same graph, without doubles. */
export interface GraphTask {
  readonly key: string;
  readonly role: 'prepare' | 'work' | 'integrate';
  readonly kind: 'agent' | 'tool';
  readonly title: string;
  readonly description: string;
  readonly skill: string | null;
  readonly needs: Needs;
  readonly tool: ToolCall | null;
  readonly model: string | null;
  readonly estimatedCostMicros: number | null;
  readonly dependsOn: readonly string[];
}

export interface GraphContext {
  readonly constraints: Constraints;
  readonly hasRepository: boolean;
  /** The base is not pinned yet, or no machine without a clone could obtain it. */
  readonly needsPrepare: boolean;
  /** Key of a `prepare` task that is stored already (the planner's plan comes after it). */
  readonly preparedBy?: string;
}

const READ_ONLY_TOOLS = new Set([
  'run_tests',
  'build',
  'read_file',
  'list_files',
  'search_files',
  'git_status',
  'git_diff',
  'git_log',
]);

function isToolboxTask({ tool }: Pick<GraphTask, 'tool'>): boolean {
  return tool !== null && tool.server === undefined;
}

/** Whether a task may leave commits behind. */
function changesCode(task: GraphTask): boolean {
  return task.tool === null || !isToolboxTask(task) || !READ_ONLY_TOOLS.has(task.tool.name);
}

function freeKey(wanted: string, taken: ReadonlySet<string>): string {
  let key = wanted;
  for (let n = 2; taken.has(key); n++) key = `${wanted}-${n}`;
  return key;
}

/** Plans may call the toolbox by its name; inside, it is the server that has none. */
function toolOf({ tool }: PlannedTask): ToolCall | null {
  if (tool?.server !== 'toolbox') return tool ?? null;
  return { name: tool.name, arguments: tool.arguments };
}

function fromPlan(task: PlannedTask, constraints: Constraints): GraphTask {
  return {
    key: task.key,
    role: 'work',
    kind: task.kind,
    title: task.title,
    description: task.description,
    skill: task.skill ?? null,
    needs: mergeNeeds(task.needs, constraints),
    tool: toolOf(task),
    model: task.model ?? null,
    estimatedCostMicros: task.estimatedCostUsd === undefined ? null : usdToMicros(task.estimatedCostUsd),
    dependsOn: [...new Set(task.dependsOn)],
  };
}

/** Names what the worker does itself; no server of a machine's owner. */
export const OWN_SERVER = 'coorchat';

const OWN_STEP = { role: 'work', kind: 'tool', skill: null, model: null, estimatedCostMicros: null } as const;

export function prepareTask(constraints: Constraints, key = 'prepare'): GraphTask {
  return {
    ...OWN_STEP,
    key,
    role: 'prepare',
    title: 'Prepare the repository',
    description: 'Resolves the base commit, outlines the repository and makes its base available to other machines.',
    needs: prepareNeeds(constraints),
    tool: { server: OWN_SERVER, name: 'prepare_repository', arguments: {} },
    dependsOn: [],
  };
}

/** The tests need what any of the tasks needed to run its part. */
function integrateTask(
  key: string,
  tasks: readonly GraphTask[],
  sinks: readonly string[],
  constraints: Constraints,
): GraphTask {
  const toolchains = mergeToolchains(tasks.map(({ needs }) => needs.toolchains));
  const own: Needs = Object.keys(toolchains).length === 0 ? {} : { toolchains };
  return {
    ...OWN_STEP,
    key,
    role: 'integrate',
    title: 'Integrate',
    description: 'Merges the work of all tasks and runs the tests on the whole.',
    needs: mergeNeeds(own, constraints),
    tool: { name: 'run_tests', arguments: { ifAny: true } },
    dependsOn: sinks,
  };
}

/** Tasks on which no other depends. */
export function sinksOf(tasks: readonly Pick<GraphTask, 'key' | 'dependsOn'>[]): string[] {
  const upstream = new Set(tasks.flatMap(({ dependsOn }) => dependsOn));
  return tasks.map(({ key }) => key).filter((key) => !upstream.has(key));
}

/** A graph that changes code ends in one integrating task. */
function withIntegration(tasks: readonly GraphTask[], { constraints, hasRepository }: GraphContext): GraphTask[] {
  if (!hasRepository || !tasks.some(changesCode)) return [...tasks];
  const sinks = sinksOf(tasks);
  const only = sinks.length === 1 ? tasks.find(({ key }) => key === sinks[0]) : undefined;
  if (only && isToolboxTask(only) && tasks.length > 1)
    return tasks.map((task) => (task === only ? { ...task, role: 'integrate' } : task));
  const key = freeKey('integrate', new Set(tasks.map((task) => task.key)));
  return [...tasks, integrateTask(key, tasks, sinks, constraints)];
}

function withPreparation(tasks: readonly GraphTask[], context: GraphContext): GraphTask[] {
  const prepare = context.needsPrepare
    ? prepareTask(context.constraints, freeKey('prepare', new Set(tasks.map(({ key }) => key))))
    : undefined;
  const first = prepare?.key ?? context.preparedBy;
  if (first === undefined) return [...tasks];
  const rooted = tasks.map((task) => (task.dependsOn.length === 0 ? { ...task, dependsOn: [first] } : task));
  return prepare ? [prepare, ...rooted] : rooted;
}

/** The graph of a plan without faults: needs merged, preparation before it, integration after it. */
export function completeGraph(plan: Plan, context: GraphContext): GraphTask[] {
  const tasks = plan.tasks.map((task) => fromPlan(task, context.constraints));
  return withPreparation(withIntegration(tasks, context), context);
}
