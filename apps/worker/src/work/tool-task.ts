import type { TaskResult } from '@coorchat/a2a';
import { AttemptFailure } from '../attempt/attempt.errors.js';
import type { AttemptContext } from '../attempt/task-work.port.js';
import type { WorkParts } from './work-parts.js';
import { commitMessage } from './commit-message.js';
import { CHECK_TOOLS, toolOutcome } from './tool-outcome.js';
import { atWorkbench, type Workbench } from './workbench.js';

/** One call of one tool in the task's folder. */
export function performToolTask(context: AttemptContext, parts: WorkParts): Promise<TaskResult> {
  return atWorkbench(context, parts, async (bench) => {
    const { assignment, signal } = context;
    const name = toolName(context);
    // Checks leave reports and caches behind, which are nobody's work: what they judge is taken before they run.
    const before = CHECK_TOOLS.has(name) ? await harvest(context, bench) : undefined;
    context.enter('running');
    context.emit({ progress: { kind: 'tool_call', tool: name, summary: '' } });
    const result = await bench.tools.call(name, assignment.tool?.arguments ?? {}, { signal });
    const outcome = toolOutcome(name, result);
    context.enter('finishing');
    const commits = before === undefined ? await harvest(context, bench) : before;
    return { ...outcome, commits, prepared: null, transcript: null };
  });
}

async function harvest({ assignment, signal }: AttemptContext, { workspace }: Workbench) {
  return (await workspace?.harvest({ message: commitMessage(assignment), signal })) ?? null;
}

function toolName({ assignment }: AttemptContext): string {
  const { tool } = assignment;
  if (!tool) throw new AttemptFailure({ class: 'task', code: 'worker.no_tool', message: 'The task names no tool.' });
  return tool.server === undefined ? tool.name : `${tool.server}__${tool.name}`;
}
