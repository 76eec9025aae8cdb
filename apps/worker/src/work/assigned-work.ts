import type { TaskResult } from '@coorchat/a2a';
import { type AttemptContext, TaskWork } from '../attempt/task-work.port.js';
import { performAgentTask } from './agent-task.js';
import { prepareRepository } from './prepare-task.js';
import { callSharedServer } from './shared-tool-task.js';
import { performToolTask } from './tool-task.js';
import type { WorkParts } from './work-parts.js';

/** Chooses how an assignment is worked on. */
export class AssignedWork extends TaskWork {
  constructor(private readonly parts: WorkParts) {
    super();
  }

  perform(context: AttemptContext): Promise<TaskResult> {
    const { role, kind, tool, repository } = context.assignment;
    if (role === 'prepare') return prepareRepository(context, this.parts);
    if (kind === 'agent') return performAgentTask(context, this.parts);
    // The cheap road: no folder, no git, no process of its own.
    if (tool?.server !== undefined && !repository) return callSharedServer(context, this.parts);
    return performToolTask(context, this.parts);
  }
}
