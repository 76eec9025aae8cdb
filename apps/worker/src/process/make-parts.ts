import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '@coorchat/kernel';
import { ClaudeAgentLoop, type ModelAccess } from '../agent/index.js';
import type { WorkerSettings } from '../config/worker-settings.js';
import { chooseSandbox } from '../sandbox/index.js';
import { SharedServerPool, TaskToolSessions } from '../tools/index.js';
import { GitWorkspaceFactory } from '../workspace/index.js';
import type { PartsContext, WorkerParts } from './worker-parts.port.js';

function modelAccess({ ownKey }: WorkerSettings): ModelAccess {
  return ownKey ? { source: 'own', ...ownKey } : { source: 'relay' };
}

function agentLoop({ settings, redactor }: PartsContext): ClaudeAgentLoop {
  const scratchDir = path.join(settings.dataDir, 'scratch');
  mkdirSync(scratchDir, { recursive: true, mode: 0o700 });
  return new ClaudeAgentLoop({
    access: modelAccess(settings),
    defaultModel: settings.model.default,
    clock: systemClock,
    redact: (text) => redactor.text(text),
    scratchDir,
  });
}

/** What this worker works with: git, tools in a sandbox, Claude. */
export async function makeParts(context: PartsContext): Promise<WorkerParts> {
  const { settings, environment, logger, clones } = context;
  const onTrouble = (message: string) => logger.warn(message);
  const sandbox = await chooseSandbox(settings.sandbox);
  const servers = new SharedServerPool({ servers: settings.mcpServers, onTrouble });
  servers.start();
  const { dataDir, allowClone, allowFileRemotes } = settings;
  return {
    sandbox: sandbox.kind,
    workspaces: new GitWorkspaceFactory({ dataDir, clones, sandbox, allowClone, allowFileRemotes }),
    tools: new TaskToolSessions({ sandbox, shared: servers, path: environment.all['PATH'] ?? '', onTrouble }),
    servers,
    agent: agentLoop(context),
    close: () => servers.close(),
  };
}
