/** A clone that the machine's owner opted in. */
export interface OwnedClone {
  /** Its remote, in any spelling. */
  readonly url: string;
  /** What its own git dials; never leaves the machine. Absent for a clone without a remote. */
  readonly fetchUrl?: string | undefined;
  readonly path: string;
}

export interface SandboxedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly writable: readonly string[];
  readonly readable: readonly string[];
  readonly network: boolean;
}

/** What the workspace uses of the worker's sandbox: git never runs outside of it once a task could write. */
export interface CommandSandbox {
  wrap(command: SandboxedCommand): {
    readonly command: string;
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  };
}

export interface WorkspaceLimits {
  /** Largest bundle of a task's commits. */
  readonly maxBundleBytes: number;
  /** Largest bundle of a repository's whole history. */
  readonly maxBaseBundleBytes: number;
  readonly commandTimeoutMs: number;
  /** Cloning, bundling and unpacking whole histories. */
  readonly transferTimeoutMs: number;
}

export const DEFAULT_WORKSPACE_LIMITS: WorkspaceLimits = {
  maxBundleBytes: 512 * 1024 * 1024,
  maxBaseBundleBytes: 2 * 1024 * 1024 * 1024,
  commandTimeoutMs: 300_000,
  transferTimeoutMs: 1_800_000,
};

export interface WorkspaceOptions {
  /** The worker's own folder; caches of repositories lie in `cache/`. */
  readonly dataDir: string;
  /** Asked for each attempt, so that clones which appear later are found. */
  readonly clones: () => readonly OwnedClone[] | Promise<readonly OwnedClone[]>;
  readonly sandbox: CommandSandbox;
  /** The owner lets the worker itself (not the task) clone from remotes, whatever the grant's network. */
  readonly allowClone?: boolean;
  /** Remotes that are folders of this machine (`file://`). */
  readonly allowFileRemotes?: boolean;
  readonly limits?: Partial<WorkspaceLimits>;
}

export interface WorkspaceSetting extends WorkspaceOptions {
  readonly limits: WorkspaceLimits;
}
