export interface SandboxLimits {
  /** Memory that each process may own; Linux only. */
  readonly memoryMb?: number;
}

export interface SandboxSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** Absolute; lies in a writable or readable folder. */
  readonly cwd: string;
  /** The whole environment of the command. No secrets: other processes of the machine may see it. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute paths that the command may change; they exist. */
  readonly writable: readonly string[];
  /** Absolute paths that it may see besides the system's programs; those that do not exist are passed over. */
  readonly readable: readonly string[];
  readonly network: boolean;
  readonly limits?: SandboxLimits;
}

export interface SandboxedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** How strictly untrusted programs are kept apart from the machine and its owner. */
export abstract class Sandbox {
  abstract readonly kind: 'none' | 'bubblewrap';
  /** Folders of the system that commands see, besides those that a spec names; undefined when they see all. */
  abstract readonly visible: readonly string[] | undefined;
  /** What to start instead of the command. Starting it is the caller's. */
  abstract wrap(spec: SandboxSpec): SandboxedCommand;
}
