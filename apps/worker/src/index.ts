export {
  AgentLoop,
  type AgentOutcome,
  type AgentRun,
  type AttemptNews,
  type CheckpointStore,
} from './attempt/agent-loop.port.js';
export { type BlobReference, BlobStore } from './attempt/blob-store.port.js';
export {
  SharedServers,
  type SharedToolCall,
  type ToolCallResult,
  ToolSession,
  ToolSessions,
} from './attempt/tools.port.js';
export { type HarvestOptions, Workspace, WorkspaceFactory, type WorkspaceRequest } from './attempt/workspace.port.js';
export { type CliParts, runCli } from './cli/worker-cli.js';
export type { MakeParts, PartsContext, WorkerParts } from './process/worker-parts.port.js';
