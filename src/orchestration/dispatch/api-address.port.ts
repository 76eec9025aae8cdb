/** Where workers reach this control plane: known only once it listens, or set by the operator. */
export abstract class ApiAddress {
  /** Base URL of what an attempt may call, without trailing slash. */
  abstract attemptApiUrl(): string;
}
