import type { AgentLoop } from '../attempt/agent-loop.port.js';
import type { SharedServers, ToolSessions } from '../attempt/tools.port.js';
import type { WorkspaceFactory } from '../attempt/workspace.port.js';

/** What attempts are worked on with. */
export interface WorkParts {
  readonly workspaces: WorkspaceFactory;
  readonly tools: ToolSessions;
  readonly servers: SharedServers;
  readonly agent: AgentLoop;
}
