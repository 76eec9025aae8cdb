import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@coorchat/kernel';
import type { AgentLoop } from '../attempt/agent-loop.port.js';
import { chooseSandbox } from '../sandbox/index.js';
import { commandSearch, findToolbox, SharedServerPool, TaskToolSessions } from '../tools/index.js';
import { GitWorkspaceFactory } from '../workspace/index.js';
import { LazyAgent } from './lazy-agent.js';
import type { MakeParts, PartsContext } from './worker-parts.port.js';

/** What this machine works with: its sandbox, git, the toolbox, the owner's servers, a model. */
export const makeMachineParts: MakeParts = async (context) => {
  const { settings, environment, logger, clones } = context;
  const sandbox = await chooseSandbox(settings.sandbox);
  if (sandbox.kind === 'none') {
    logger.warn('runs without a sandbox, as its owner agreed: tasks can do all that this account can');
  }
  const onTrouble = (message: string) => logger.warn(message);
  const servers = new SharedServerPool({ servers: settings.mcpServers, onTrouble });
  servers.start();
  const { readable } = settings.sandbox;
  const path = environment.all.PATH ?? '';
  const tools = new TaskToolSessions({ sandbox, shared: servers, path, readable, onTrouble });
  const { dataDir, allowClone, allowFileRemotes } = settings;
  return {
    sandbox: sandbox.kind,
    commands: commandSearch({ sandbox, install: findToolbox(), path, readable }),
    servers,
    tools,
    workspaces: new GitWorkspaceFactory({ dataDir, clones, sandbox, allowClone, allowFileRemotes }),
    agent: new LazyAgent(() => loadAgent(context)),
    close: () => servers.close(),
  };
};

async function loadAgent({ settings, redactor }: PartsContext): Promise<AgentLoop> {
  const { ClaudeAgentLoop } = await import('../agent/index.js');
  const scratchDir = join(settings.dataDir, 'scratch');
  await mkdir(scratchDir, { recursive: true, mode: 0o700 });
  return new ClaudeAgentLoop({
    access: settings.ownKey ? { source: 'own', ...settings.ownKey } : { source: 'relay' },
    defaultModel: settings.model.default,
    clock: systemClock,
    redact: (text) => redactor.text(text),
    scratchDir,
  });
}
