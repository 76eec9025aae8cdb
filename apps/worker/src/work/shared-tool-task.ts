import type { TaskResult } from '@coorchat/a2a';
import { AttemptFailure } from '../attempt/attempt.errors.js';
import type { AttemptContext } from '../attempt/task-work.port.js';
import type { WorkParts } from './work-parts.js';
import { toolOutcome } from './tool-outcome.js';

/** One call of a server of the machine's owner, without a folder. */
export async function callSharedServer(context: AttemptContext, parts: WorkParts): Promise<TaskResult> {
  const { tool, grant } = context.assignment;
  if (tool?.server === undefined) {
    throw new AttemptFailure({ class: 'task', code: 'worker.no_tool', message: 'The task names no tool.' });
  }
  if (context.resumed) {
    throw new AttemptFailure({
      class: 'transient',
      code: 'worker.interrupted',
      message: 'The worker restarted during the call: whether the tool ran is not known.',
    });
  }
  context.enter('running');
  await context.untilRecorded();
  const { server, name, arguments: args } = tool;
  const result = await parts.servers.call({ server, name, arguments: args, grant, signal: context.signal });
  return { ...toolOutcome(name, result), commits: null, prepared: null, transcript: null };
}
