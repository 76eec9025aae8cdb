const WORDS: Readonly<Record<string, string>> = {
  openid: 'Know who you are',
  profile: 'See your name',
  email: 'See your e-mail address',
  offline_access: 'Keep access while you are away, until you take it back',
  'work:submit': 'Submit work in your name',
  'work:read': 'Read work, machines and repositories',
  'work:cancel': 'Cancel work',
  'approval:answer': 'Answer questions of agents, with you present',
  'cluster:admin': 'Manage clusters, machines and repositories',
  'billing:read': 'See costs and invoices',
  'audit:read': 'Read the audit trail',
  'worker:register': 'Register as a machine that does work',
  'worker:heartbeat': 'Report that the machine is there',
  'task:accept': 'Take tasks',
  'task:report': 'Report what became of tasks',
  'skill:*': 'Use every skill of your machines',
};

/** What a scope allows, for people; skills are told in one line. */
export function scopeWords(scopes: readonly string[]): string[] {
  const skills = scopes
    .filter((scope) => scope.startsWith('skill:') && scope !== 'skill:*')
    .map((scope) => scope.slice(6));
  const others = scopes.filter((scope) => !scope.startsWith('skill:') || scope === 'skill:*');
  const lines = others.map((scope) => WORDS[scope] ?? `Use “${scope}”`);
  return skills.length === 0 ? lines : [...lines, `Use these skills only: ${skills.join(', ')}`];
}
