import type { AssignedRepository, Grant, Prepared, Progress, Upstream } from '@coorchat/a2a';
import type { Commits } from '@coorchat/contracts';
import type { BlobStore } from './blob-store.port.js';

/** Everything of an attempt that the work with git needs. */
export interface WorkspaceRequest {
  readonly attemptId: string;
  readonly repository: AssignedRepository;
  /** Completed tasks whose commits are merged in, in this order. */
  readonly upstreams: readonly Upstream[];
  readonly grant: Grant;
  /** Folder of this attempt alone (0700, exists). It survives a restart of the worker. */
  readonly dir: string;
  readonly blobs: BlobStore;
  /** Aborts on cancel, deadline, abandon and shutdown. */
  readonly signal: AbortSignal;
  readonly emit: (progress: Progress) => void;
}

export interface HarvestOptions {
  /** Commit message for what was left uncommitted. */
  readonly message: string;
  readonly signal: AbortSignal;
}

/** The disposable repository of one attempt. */
export abstract class Workspace {
  /** Absolute path of the working tree: the root of the toolbox. */
  abstract readonly root: string;
  /** Folders outside of the root that git reads there (objects of the owner's clone): the sandbox shows them read-only. */
  abstract readonly readable: readonly string[];
  /**
   * Commits what is left, bundles `base..branch`, verifies and uploads the bundle. Null when there are no
   * commits. Callable again after a restart.
   */
  abstract harvest(options: HarvestOptions): Promise<Commits | null>;
  /** Removes everything that the workspace made. Never throws; harmless when repeated. */
  abstract dispose(): Promise<void>;
}

/** Throws `AttemptFailure`: class `conflict`, code `worker.merge_conflict`, `details.files` when upstreams do not merge. */
export abstract class WorkspaceFactory {
  /** Makes the repository at the pinned base with the upstream commits merged in; replaces a half-made one. */
  abstract create(request: WorkspaceRequest): Promise<Workspace>;
  /** Takes up the finished workspace that an earlier process left in `dir`; undefined when there is none. */
  abstract open(request: WorkspaceRequest): Promise<Workspace | undefined>;
  /** Role `prepare`: resolves the ref, outlines the repository, uploads the base bundle. */
  abstract prepareRepository(request: WorkspaceRequest): Promise<Prepared>;
}
