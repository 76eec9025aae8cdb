import type { TaskResult } from '@coorchat/a2a';
import type { AttemptContext } from '../attempt/task-work.port.js';
import type { WorkParts } from './work-parts.js';
import { commitMessage } from './commit-message.js';
import { atWorkbench } from './workbench.js';

export function performAgentTask(context: AttemptContext, parts: WorkParts): Promise<TaskResult> {
  const { assignment, blobs, checkpoints, emit, signal, untilWanted } = context;
  return atWorkbench(context, parts, async ({ root, workspace, tools }) => {
    context.enter('running');
    const { summary, transcript } = await parts.agent.run({
      assignment,
      tools,
      root,
      checkpoints,
      blobs,
      emit,
      signal,
      untilWanted,
    });
    context.enter('finishing');
    const commits = (await workspace?.harvest({ message: commitMessage(assignment, summary), signal })) ?? null;
    return { summary, commits, checks: [], prepared: null, transcript: transcript ?? null };
  });
}
