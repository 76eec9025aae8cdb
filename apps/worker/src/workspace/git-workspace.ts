import { rm } from 'node:fs/promises';
import type { Commits } from '@coorchat/contracts';
import { type HarvestOptions, Workspace, type WorkspaceRequest } from '../attempt/workspace.port.js';
import { bundleInSandbox, verifyBundle } from './harvest.js';
import { removeTree } from './remove-tree.js';
import type { UntrustedGit } from './untrusted-git.js';
import type { WorkspacePaths, WorkspaceState } from './workspace-state.js';
import { taskFault } from './workspace.errors.js';
import type { WorkspaceSetting } from './workspace.options.js';

/** The control plane lists the files anew from the bundle; this is what people see meanwhile. */
const MAX_FILES_NAMED = 2_000;

export interface GitWorkspaceParts {
  readonly request: WorkspaceRequest;
  readonly setting: WorkspaceSetting;
  readonly paths: WorkspacePaths;
  readonly state: WorkspaceState;
}

/** See `Workspace`. From its making on, the folder counts as hostile. */
export class GitWorkspace extends Workspace {
  readonly root: string;
  readonly readable: readonly string[];

  constructor(private readonly parts: GitWorkspaceParts) {
    super();
    this.root = parts.paths.root;
    this.readable = parts.state.objectDirs;
  }

  async harvest(options: HarvestOptions): Promise<Commits | null> {
    try {
      return await this.harvestCommits(options);
    } catch (error) {
      options.signal.throwIfAborted();
      throw taskFault(error);
    }
  }

  async dispose(): Promise<void> {
    await removeTree(this.parts.paths.top);
  }

  private async harvestCommits({ message, signal }: HarvestOptions): Promise<Commits | null> {
    const { setting, paths, state, request } = this.parts;
    const { sandbox, limits } = setting;
    const run: UntrustedGit = { paths, sandbox, readable: this.readable, timeoutMs: limits.commandTimeoutMs, signal };
    const bundle = await bundleInSandbox(run, state, message);
    if (!bundle) return null;
    try {
      const result = await verifyBundle(run, state, { ...bundle, maxBytes: limits.maxBundleBytes });
      const { digest, bytes } = await request.blobs.upload(result.path, signal);
      return {
        base: state.base,
        head: result.head,
        bundleDigest: digest,
        bundleBytes: bytes,
        ref: state.ref,
        filesChanged: result.filesChanged.slice(0, MAX_FILES_NAMED),
        flags: result.flags.slice(0, MAX_FILES_NAMED),
      };
    } finally {
      await rm(bundle.path, { force: true });
    }
  }
}
