/** An assignment that nobody fetches is given back after so much of a lease. */
export const UNFETCHED_SHARE = 0.5;
