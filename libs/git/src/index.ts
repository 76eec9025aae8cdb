export { GitError, type GitErrorCode, withoutCredentials } from './git.errors.js';
export { type ProcessLimits, type ProcessResult, type ProcessSpec, runProcess } from './process.js';
export {
  gitEnvironment,
  type GitEnvironmentOptions,
  type GitProtocol,
  identityEnvironment,
} from './git-environment.js';
export { type PinnedHost, pinnedHost, type PinnedOptions, WITHOUT_REDIRECTS } from './pinned-host.js';
export { git, gitCommand, type GitCommandOptions, type GitOptions, gitResult, type GitResult } from './git-command.js';
export {
  type BundleHeader,
  type ObjectFormat,
  OID_LENGTH,
  parseBundleHeader,
  readBundleHeader,
} from './bundle-header.js';
export {
  BASE_REF,
  branchRef,
  hasCommit,
  initBare,
  initWorkTree,
  isAncestor,
  isRefName,
  type NewRepository,
  type Repository,
  resolveRef,
  updateRef,
  writeAlternates,
} from './repository.js';
export {
  baseExtentOf,
  type BaseExtent,
  baseRefOf,
  createBaseBundle,
  cutHistoryAt,
  CUT_BASE_REF,
  importBase,
  readBaseHeader,
} from './base-bundle.js';
export { bundleArguments, type CreateBundle, createBundle, type ImportBundle, importBundle } from './bundle.js';
export { readBlobs } from './blobs.js';
export { type Clone, locateClone } from './clone.js';
export { type Changes, inspectChanges } from './changes.js';
