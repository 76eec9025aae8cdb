/** Why code may look across organizations. A closed list: a new purpose is a decision to review. */
export const SYSTEM_PURPOSES = {
  'identity.account': 'People, their passwords, passkeys and sessions belong to no organization.',
  'identity.throttle': 'Tries to sign in are counted before anybody is known.',
  'identity.authenticate': 'A credential arrives without its organization: it is found by its hash.',
  'identity.bootstrap': 'The first start makes the default organization, its cluster and its key.',
  'identity.enrol': 'An enrolment token arrives without its organization and is redeemed once.',
  'registry.session': 'A worker opens or closes its socket; the epoch is raised.',
  'registry.heartbeat': 'Heartbeats of many workers are written in one statement.',
  'registry.roster': 'The workers of a pool belong to several organizations.',
  'dispatch.claim': 'The process that holds the sockets takes the assignments of its workers.',
  'dispatch.session': 'A worker that came back hears which attempts go on.',
  'dispatch.lease': 'Leases of all live sessions are extended in one statement.',
  'dispatch.expire': 'Attempts whose lease ran out are ended, whoever they belong to.',
  'dispatch.cancel': 'Cancels that wait for workers of this process.',
  'task.sweep': 'Deadlines, retries and rows that wait without a bell.',
  'task.trim': 'Old progress and events are deleted.',
  'commerce.sweep': 'Budget holds that nobody released.',
  'outbox.deliver': 'A subscriber reads the event feed of all organizations.',
  'outbox.trim': 'Events that every subscriber has read are deleted after a while.',
  'blob.sweep': 'Uploads that nobody finished are removed.',
  'platform.revocations': 'Every process hears what was revoked, whoever it belonged to.',
  'audit.retain': 'Audit records that are older than they are kept are deleted, whoever they belong to.',
  'audit.verify': 'An operator checks the chains of all organizations.',
  'health.check': 'Readiness asks whether the database answers.',
} as const satisfies Record<string, string>;

export type SystemPurpose = keyof typeof SYSTEM_PURPOSES;
