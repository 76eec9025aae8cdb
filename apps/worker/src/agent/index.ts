export { ClaudeAgentLoop, type ClaudeAgentLoopOptions } from './claude-agent-loop.js';
export type { ModelAccess } from './model-access.js';
