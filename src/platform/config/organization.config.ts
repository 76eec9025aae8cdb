import { wholeNumber } from './variable.schema.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const atMost = (fallback: number, unit: string) =>
  wholeNumber({ min: 0, max: 10_000_000, fallback, unit: `${unit} (0 for no limit)` });

export const organizationVariables = {
  COORCHAT_INVITATIONS_PER_DAY: wholeNumber({ min: 1, max: 100_000, fallback: 50, unit: 'mails' }),
  COORCHAT_INVITATION_HOURS: wholeNumber({ min: 1, max: 8_760, fallback: 168, unit: 'hours' }),
  COORCHAT_ERASE_AFTER_DAYS: wholeNumber({ min: 0, max: 365, fallback: 30, unit: 'days' }),
  COORCHAT_MAX_WORKERS: atMost(1_000, 'workers'),
  COORCHAT_MAX_OPEN_WORK: atMost(10_000, 'work requests'),
  COORCHAT_MAX_CONCURRENT_TASKS: atMost(0, 'tasks'),
};

export interface OrganizationConfig {
  /** Mails with invitations that one organization may send in 24 hours. */
  readonly invitationsPerDay: number;
  readonly invitationMs: number;
  /** From the request to delete an organization until everything of it is erased. */
  readonly eraseAfterMs: number;
}

/** What one organization may have at once, unless the operator gave it other limits; 0 is no limit. */
export interface QuotasConfig {
  readonly workers: number;
  readonly openWork: number;
  readonly concurrentTasks: number;
}

interface Variables {
  readonly COORCHAT_INVITATIONS_PER_DAY: number;
  readonly COORCHAT_INVITATION_HOURS: number;
  readonly COORCHAT_ERASE_AFTER_DAYS: number;
  readonly COORCHAT_MAX_WORKERS: number;
  readonly COORCHAT_MAX_OPEN_WORK: number;
  readonly COORCHAT_MAX_CONCURRENT_TASKS: number;
}

export function organizationConfig(env: Variables): OrganizationConfig {
  return {
    invitationsPerDay: env.COORCHAT_INVITATIONS_PER_DAY,
    invitationMs: env.COORCHAT_INVITATION_HOURS * HOUR_MS,
    eraseAfterMs: env.COORCHAT_ERASE_AFTER_DAYS * DAY_MS,
  };
}

export function quotasConfig(env: Variables): QuotasConfig {
  return {
    workers: env.COORCHAT_MAX_WORKERS,
    openWork: env.COORCHAT_MAX_OPEN_WORK,
    concurrentTasks: env.COORCHAT_MAX_CONCURRENT_TASKS,
  };
}
