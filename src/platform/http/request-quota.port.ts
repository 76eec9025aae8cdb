/** How many requests an organization may make, where that is not what the configuration says. Bound in `processes`. */
export abstract class RequestQuota {
  /** Requests per minute, 0 for no limit; undefined for the configuration's. Answers at once, out of memory. */
  abstract requestsPerMinute(orgId: string): number | undefined;
}
