export { SharedServerPool, type SharedServerPoolOptions } from './shared-server-pool.js';
export { TaskToolSessions, type TaskToolSessionsOptions } from './task-tool-sessions.js';
export type { ToolboxLimits } from './toolbox-command.js';
export type { ToolServerConfig } from './tool-server.config.js';
export { commandSearch } from './toolbox-command.js';
export { findToolbox } from './toolbox-install.js';
