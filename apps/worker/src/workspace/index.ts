export { GitWorkspaceFactory } from './git-workspace-factory.js';
export type {
  CommandSandbox,
  OwnedClone,
  SandboxedCommand,
  WorkspaceLimits,
  WorkspaceOptions,
} from './workspace.options.js';
